extension Report {
    /// The page's template. Every value is escaped but pictures and charts, which are made here.
    static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>ediy report</title>
        <style>
        :root { --ink: #1c1e21; --soft: #62676f; --rule: #d9dce1; --paper: #fff; --wash: #f6f7f9; --warn: #a8321c;
          --c0: #7a828e; --c1: #2f6db5; --c2: #c2571a; --c3: #3c8c56; --c4: #8a4fa3; --c5: #a6861b; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa1ab; --rule: #343941; --paper: #15171a;
          --wash: #1d2024; --warn: #f08a72; --c1: #6ea6e8; --c2: #ee9a5c; --c3: #71c28d; --c4: #c08fd6; --c5: #d8ba55; } }
        body { margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.25rem 5rem; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.3; font-weight: 600; max-width: 46rem; margin: 0 0 .5rem; text-wrap: balance; }
        h2 { font-size: 1.1rem; font-weight: 600; margin: 3rem 0 .75rem; }
        p { max-width: 46rem; } .soft { color: var(--soft); font-size: .9rem; }
        .scroll { overflow-x: auto; }
        .tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), max-content)); gap: 1.25rem 4rem;
          margin-bottom: 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; white-space: nowrap; }
        th, td { padding: .4rem .7rem; text-align: right; border-bottom: 1px solid var(--rule); }
        th { font-weight: 500; color: var(--soft); vertical-align: bottom; }
        caption { text-align: left; font-weight: 600; padding: .4rem 0; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        tbody th { color: var(--ink); font-weight: 600; }
        .settings { columns: 24rem; column-gap: 2.5rem; } .settings table { width: 100%; white-space: normal; }
        .settings td { text-align: left; font-size: .85rem; overflow-wrap: anywhere; } .settings td + td { text-align: right; }
        .settings tr { break-inside: avoid; } .differs td { color: var(--warn); font-weight: 600; }
        .notes li { color: var(--warn); max-width: 56rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; }
        figure { margin: 0; } figcaption { font-size: .85rem; color: var(--soft); margin-bottom: .25rem; }
        .chart { width: 100%; height: auto; } .chart text { fill: var(--soft); font-size: 11px; }
        .chart .grid { stroke: var(--rule); } .chart .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
        .c0 { stroke: var(--c0); color: var(--c0); } .c1 { stroke: var(--c1); color: var(--c1); }
        .c2 { stroke: var(--c2); color: var(--c2); } .c3 { stroke: var(--c3); color: var(--c3); }
        .c4 { stroke: var(--c4); color: var(--c4); } .c5 { stroke: var(--c5); color: var(--c5); }
        .legend span { margin-right: 1.25rem; font-size: .9rem; } .legend span::before { content: "\\2501  "; }
        .row { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(10rem, 15rem); gap: .75rem; overflow-x: auto;
          margin-bottom: 1rem; } .row img { width: 100%; display: block; border-radius: 3px; }
        @media print { body { max-width: none; padding: 0; } .row, figure { break-inside: avoid; } }
        </style>
        </head>
        <body>
        <main>
        <h1>{{finding}}</h1>
        <p class="soft">Mask R-CNN C4, COCO AP in hundredths. Seeds: {{seeds}}.</p>
        {{#hasNotes}}
        <section aria-labelledby="notes"><h2 id="notes">To be known first</h2>
        <ul class="notes">{{#notes}}<li>{{.}}</li>{{/notes}}</ul></section>
        {{/hasNotes}}
        <section aria-labelledby="methods"><h2 id="methods">Methods</h2>
        <div class="tables">
        {{#tables}}<div class="scroll" tabindex="0"><table><caption>{{title}}</caption>
        <thead><tr>{{#header}}<th scope="col">{{.}}</th>{{/header}}</tr></thead>
        <tbody>{{#lines}}<tr><th scope="row">{{method}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>{{/lines}}</tbody>
        </table></div>{{/tables}}
        </div>
        <p class="soft">Means over seeds, with half a 95% interval by Student's t where there are several. Gain: AP over BYOL,
        paired by seed. Region cosine: the mean cosine of two regions of one picture to the backbone before fine-tuning, 1 when
        it takes all for the same. Effective rank: how many directions its region features fill.</p></section>
        {{#hasGallery}}
        <section aria-labelledby="pictures"><h2 id="pictures">Detections beside ground truth</h2>
        <p class="soft">Validation pictures at equal distances in the annotation file; detections with a score of {{score}} and
        more, of the first seed.</p>
        {{#gallery}}<div class="row" tabindex="0">{{#panels}}<figure><figcaption>{{title}}</figcaption>
        <img alt="{{file}}, {{title}}" src="data:image/jpeg;base64,{{{data}}}"></figure>{{/panels}}</div>{{/gallery}}
        </section>
        {{/hasGallery}}
        <section aria-labelledby="curves"><h2 id="curves">Training</h2>
        <p class="legend">{{#legend}}<span class="{{color}}">{{method}}</span>{{/legend}}</p>
        <div class="charts">{{#charts}}<figure><figcaption>{{title}}</figcaption>{{{svg}}}</figure>{{/charts}}</div></section>
        <section aria-labelledby="protocol"><h2 id="protocol">Protocol</h2>
        <p class="soft">What the compared runs share; what they differ in would stand in red.</p>
        {{#stages}}<h3 class="soft">{{title}}</h3><div class="settings"><table>{{#settings}}
        <tr class="{{class}}"><td>{{name}}</td><td>{{value}}</td></tr>{{/settings}}</table></div>{{/stages}}</section>
        <section aria-labelledby="published"><h2 id="published">Published, for context</h2>
        <p>E-DIY's paper claims 2.1 AP more than BYOL on COCO, with Mask R-CNN, R50-C4 and the 1x schedule (arXiv 2106.00537).
        Nothing of that was measured here.</p></section>
        <section aria-labelledby="environment"><h2 id="environment">Environment</h2>
        <div class="settings"><table>{{#environment}}<tr><td>{{name}}</td><td>{{value}}</td></tr>{{/environment}}</table></div>
        </section>
        </main>
        </body>
        </html>

        """
}
