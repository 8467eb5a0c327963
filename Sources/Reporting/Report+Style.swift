extension Report {
    /// The page's style: light and dark, on paper, and on a phone.
    static let style = """
        :root { --ink: #1c1e21; --soft: #5c6169; --rule: #d9dce1; --paper: #fff; --wash: #f5f6f8; --warn: #a8321c; --link: #2458a0;
          --c0: #6b737f; --c1: #2f6db5; --c2: #c2571a; --c3: #3c8c56; --c4: #8a4fa3; --c5: #a6861b; --c6: #b03a66; --c7: #2a8a93; }
        @media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a2a9b3; --rule: #343941; --paper: #15171a;
          --wash: #1d2024; --warn: #f08a72; --link: #8ab8f2; --c0: #9aa2ae; --c1: #6ea6e8; --c2: #ee9a5c; --c3: #71c28d; --c4: #c08fd6;
          --c5: #d8ba55; --c6: #e884a8; --c7: #62c3cc; } }
        body { margin: 0 auto; max-width: 78rem; padding: 2.5rem 1.25rem 5rem; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.3; font-weight: 600; max-width: 50rem; margin: 0 0 .75rem; }
        .skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem; }
        .finding { display: flex; flex-wrap: wrap; gap: 1rem 3rem; align-items: flex-start; margin-bottom: 1.5rem; }
        .finding > div { flex: 1 1 28rem; max-width: 44rem; } .finding > svg { flex: 1 1 20rem; max-width: 32rem; }
        dl { margin: 0; } dt { font-weight: 600; margin-top: .6rem; } dd { margin: 0; }
        h2 { font-size: 1.15rem; font-weight: 600; margin: 3rem 0 .75rem; }
        h3 { font-size: .9rem; font-weight: 600; color: var(--soft); margin: 1.25rem 0 .5rem; }
        p { max-width: 50rem; } .soft { color: var(--soft); font-size: .9rem; }
        .warn { color: var(--warn); font-weight: 600; } a { color: var(--link); }
        nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; font-size: .9rem; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        .scroll { overflow-x: auto; max-width: 100%; }
        .long { max-height: 36rem; overflow-y: auto; border-bottom: 1px solid var(--rule); }
        .long thead th { position: sticky; top: 0; background: var(--paper); z-index: 1; } .long caption { padding-top: 0; }
        .tables { display: flex; flex-wrap: wrap; gap: 1.25rem 4rem; margin-bottom: 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; white-space: nowrap; }
        th, td { padding: .4rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); }
        th { font-weight: 500; color: var(--soft); vertical-align: bottom; }
        th button { position: relative; font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
        th button::after { position: absolute; left: 100%; bottom: 0; }
        th[aria-sort=descending] button::after { content: "▾"; } th[aria-sort=ascending] button::after { content: "▴"; }
        caption { text-align: left; font-weight: 600; padding: .4rem 0; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        tbody th { color: var(--ink); font-weight: 600; position: sticky; left: 0; background: var(--paper); }
        .settings { columns: 26rem; column-gap: 2.5rem; } .settings table { width: 100%; white-space: normal;
          border-collapse: separate; border-spacing: 0; }
        .settings td { text-align: left; font-size: .85rem; overflow-wrap: anywhere; } .settings td + td { text-align: right; }
        .settings tr { break-inside: avoid; } .differs td { color: var(--warn); font-weight: 600; }
        .differs td:first-child::after { content: " (differs)"; }
        .hidden { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
        .notes { padding-left: 1.25rem; } .notes li { color: var(--warn); max-width: 60rem; overflow-wrap: anywhere; }
        .apart { background: var(--wash); border-radius: 6px; padding: .25rem 1.25rem 1.25rem; margin-top: 3rem; }
        .apart h2 { margin-top: 1rem; } .apart tbody th { background: var(--wash); } .apart table { white-space: normal; }
        .apart th, .apart td { text-align: left; vertical-align: baseline; } .apart td + td + td { min-width: 12rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
        figure { margin: 0; } figcaption { font-size: .85rem; color: var(--soft); margin-bottom: .25rem; overflow-wrap: anywhere; }
        .chart { width: 100%; height: auto; } .chart text { fill: var(--soft); font-size: 11px; }
        .chart .grid { stroke: var(--rule); }
        .chart .zero { stroke: var(--soft); stroke-dasharray: 3 3; } .chart .interval { stroke: var(--link); stroke-width: 5; opacity: .45; }
        .chart .seed { fill: var(--ink); fill-opacity: .45; } .chart .mean { stroke: var(--ink); stroke-width: 2.5; } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .c0 { stroke: var(--c0); color: var(--c0); } .c1 { stroke: var(--c1); color: var(--c1); }
        .c2 { stroke: var(--c2); color: var(--c2); } .c3 { stroke: var(--c3); color: var(--c3); }
        .c4 { stroke: var(--c4); color: var(--c4); } .c5 { stroke: var(--c5); color: var(--c5); }
        .c6 { stroke: var(--c6); color: var(--c6); } .c7 { stroke: var(--c7); color: var(--c7); }
        .line.d0 { stroke-dasharray: 2 2.5; } .line.d2 { stroke-dasharray: 8 3; }
        .band { fill: currentColor; opacity: .16; stroke: none; }
        .keys { margin: 0 0 .75rem; } .keys span { margin-right: 1.25rem; font-size: .9rem; white-space: nowrap; }
        .key { width: 28px; height: 8px; vertical-align: middle; }
        .row { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(10rem, 15rem); gap: .75rem; overflow-x: auto;
          margin-bottom: 1rem; } .row img { width: 100%; display: block; border-radius: 3px; }
        .map { width: 100%; height: auto; display: block; border-radius: 3px; }
        .map:not(.plain) use { filter: grayscale(1); }
        .scale { display: inline-block; width: 6rem; height: .7rem; vertical-align: -.05rem; border-radius: 2px; }
        pre { background: var(--wash); padding: .75rem 1rem; border-radius: 6px; overflow-x: auto; font-size: .85rem; }
        @media print { body { max-width: none; padding: 0; font-size: 11px; } nav { display: none; } .scroll, .row { overflow: visible; }
          .long { max-height: none; border: 0; } .long thead th { position: static; }
          tr, figure, .row { break-inside: avoid; } h2, h3 { break-after: avoid; } table { font-size: .8rem; }
          .apart a::after { content: " " attr(href); } pre { white-space: pre-wrap; } .row { grid-auto-columns: minmax(0, 1fr); } }
        @media (max-width: 30rem) { body { padding: 1.5rem 1rem 4rem; } h1 { font-size: 1.35rem; } .chart text { font-size: 14px; } }
        """
}
