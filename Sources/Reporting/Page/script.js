// A button in each head of a sortable table, which sorts by the column, falling first where it holds numbers. Without it all is
// there, in its first order.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isText = column === 0;
      const falling = head.ariaSort ? head.ariaSort === "ascending" : !isText;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const key = row => isText ? row.cells[0].textContent : row.cells[column].dataset.value;
      const compare = (a, b) => {
        const x = key(a), y = key(b);
        if (x === "" || y === "") return (x === "") - (y === "");
        return (isText ? x.localeCompare(y) : x - y) * (falling ? -1 : 1);
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
}
