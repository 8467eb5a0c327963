extension Report {
    /// The page's template. Every value is escaped but images, charts, style and script, which are made here.
    static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{headline}}</title>
        <style>
        {{{style}}}
        </style>
        </head>
        <body>
        <a class="skip" href="#methods">Skip to the numbers</a>
        <main>
        <h1>{{headline}}</h1>
        <div class="finding"><div>
        {{#hasGrounds}}<dl>{{#grounds}}<dt>{{title}}</dt><dd>{{text}}</dd>{{/grounds}}</dl>{{/hasGrounds}}
        <p class="soft">{{setting}}</p></div>
        {{{gain}}}</div>
        {{#hasNotes}}
        <section aria-labelledby="notes"><h2 id="notes">To be known first</h2>
        <ul class="notes">{{#notes}}<li>{{.}}</li>{{/notes}}</ul></section>
        {{/hasNotes}}
        <nav aria-label="Sections"><a href="#methods">Methods</a>
        {{#hasSizes}}<a href="#sizes">Sizes</a>{{/hasSizes}} {{#hasRegions}}<a href="#regions">Regions</a>{{/hasRegions}}
        {{#hasPrecision}}<a href="#precision">Precision</a>{{/hasPrecision}} {{#hasErrors}}<a href="#errors">Errors</a>{{/hasErrors}}
        {{#hasGallery}}<a href="#images">Images</a>{{/hasGallery}}
        {{#hasCategories}}<a href="#categories">Categories</a>{{/hasCategories}}
        {{#hasTraining}}<a href="#training">Training</a>{{/hasTraining}} <a href="#protocol">Protocol</a>
        <a href="#published">Published</a> <a href="#environment">Environment</a></nav>
        <section aria-labelledby="methods"><h2 id="methods">Methods</h2>
        <div class="tables">{{#tables}}\(table){{/tables}}</div>
        <p class="soft">{{legend}}</p></section>
        {{#hasSizes}}
        <section aria-labelledby="sizes"><h2 id="sizes">By size of objects</h2>
        {{#sizes}}\(table){{/sizes}}
        <p class="soft">Small: up to 32² pixels; medium: up to 96²; large: more. The interval over images is of the gain's mean over
        seeds, by paired bootstrap.</p></section>
        {{/hasSizes}}
        {{#hasRegions}}
        <section aria-labelledby="regions"><h2 id="regions">How alike the regions of an image are</h2>
        {{#regions}}\(table){{/regions}}
        <p class="soft">{{regionLegend}}</p>
        {{#hasMaps}}
        <p class="soft">Below, the cosine of every region with the outlined one, where the largest object of the image lies, to each
        method's first seed: <span class="scale" style="background: linear-gradient(to right, {{scale}})"></span> from 0 to 1.</p>
        {{#maps}}<h3>{{file}}</h3>
        <svg class="hidden" width="1" height="1" aria-hidden="true"><defs><image id="{{id}}" width="{{width}}" height="{{height}}"
        href="data:image/jpeg;base64,{{{data}}}"/></defs></svg>
        <div class="row" role="group" aria-label="{{file}}" tabindex="0">{{#panels}}\(figure){{/panels}}</div>{{/maps}}
        {{/hasMaps}}
        </section>
        {{/hasRegions}}
        {{#hasPrecision}}
        <section aria-labelledby="precision"><h2 id="precision">Precision by recall</h2>
        \(key)
        <div class="charts">{{#precision}}\(figure){{/precision}}</div>
        <p class="soft">Mean over categories{{#band}} and seeds; bands: from the least seed to the greatest{{/band}}.</p></section>
        {{/hasPrecision}}
        {{#hasErrors}}
        <section aria-labelledby="errors"><h2 id="errors">What keeps AP down</h2>
        <div class="tables">{{#errors}}\(table){{/errors}}</div>
        <p class="soft">{{errorLegend}}</p></section>
        {{/hasErrors}}
        {{#hasGallery}}
        <section aria-labelledby="images"><h2 id="images">Detections beside ground truth</h2>
        <p class="soft">Chosen by rule, of the first seed that both methods have: images whose own AP gains and loses most, and
        some by chance. Detections with a score of {{score}} and more are drawn.</p>
        {{#gallery}}<h3>{{file}}, {{reason}}</h3>
        <div class="row" role="group" aria-label="{{file}}" tabindex="0">{{#panels}}<figure><figcaption>{{title}}</figcaption>
        <img alt="{{file}}: {{title}}" src="data:image/jpeg;base64,{{{data}}}"></figure>{{/panels}}</div>{{/gallery}}
        </section>
        {{/hasGallery}}
        {{#hasCategories}}
        <section aria-labelledby="categories"><h2 id="categories">By category</h2>
        <div class="tables">{{#categories}}\(table){{/categories}}</div>
        <p class="soft">A column's head sorts by it.</p>
        {{#remarks}}<p class="soft">{{.}}</p>{{/remarks}}</section>
        {{/hasCategories}}
        {{#hasTraining}}
        <section aria-labelledby="training"><h2 id="training">Training</h2>
        \(key)
        <div class="charts">{{#training}}\(figure){{/training}}</div>
        {{#band}}<p class="soft">Lines: means over seeds; bands: from the least seed to the greatest.</p>{{/band}}</section>
        {{/hasTraining}}
        <section aria-labelledby="protocol"><h2 id="protocol">Protocol</h2>
        {{#hasDifferences}}<p class="warn">The compared runs differ in more than the method:</p>
        <ul class="notes">{{#differences}}<li>{{stage}}: {{name}}: {{values}}</li>{{/differences}}</ul>{{/hasDifferences}}
        {{^hasDifferences}}{{#hasStages}}<p class="soft">The compared runs share all of it.</p>{{/hasStages}}{{/hasDifferences}}
        {{^hasStages}}<p class="soft">Results files say nothing of it.</p>{{/hasStages}}
        {{#stages}}<h3>{{title}}</h3><div class="settings"><table><thead class="hidden"><tr><th scope="col">setting</th>
        <th scope="col">value</th></tr></thead><tbody>{{#settings}}
        <tr class="{{class}}"><td>{{name}}</td><td>{{value}}</td></tr>{{/settings}}</tbody></table></div>{{/stages}}</section>
        <section class="apart" aria-labelledby="published"><h2 id="published">Published by others, for context</h2>
        <p class="soft">Nothing of this was measured here, and settings differ: compare it with nothing above but in kind.</p>
        <div class="scroll" role="group" aria-label="Published" tabindex="0"><table><thead><tr><th scope="col">method</th>
        <th scope="col">box AP</th><th scope="col">mask AP</th><th scope="col">setting</th><th scope="col">source</th></tr></thead><tbody>
        {{#published}}<tr><th scope="row">{{method}}</th><td>{{box}}</td><td>{{mask}}</td><td>{{setting}}</td>
        <td><a href="{{url}}">{{source}}</a></td></tr>
        {{/published}}</tbody></table></div></section>
        <section aria-labelledby="environment"><h2 id="environment">Environment, and how to make it again</h2>
        {{#hasEnvironment}}<div class="settings"><table><thead class="hidden"><tr><th scope="col">what</th>
        <th scope="col">which</th></tr></thead><tbody>{{#environment}}<tr class="{{class}}"><td>{{name}}</td><td>{{value}}</td></tr>
        {{/environment}}</tbody></table></div>{{/hasEnvironment}}
        <pre tabindex="0">{{commands}}</pre>
        {{#recipes}}<details><summary>{{name}}</summary><pre tabindex="0">{{text}}</pre></details>{{/recipes}}
        </section>
        </main>
        <script>
        {{{script}}}
        </script>
        </body>
        </html>

        """

    private static let table = """
        <div class="scroll{{long}}" role="group" aria-label="{{title}}" tabindex="0"><table class="sortable"><caption>{{title}}</caption>
        <thead><tr>{{#header}}<th scope="col">{{.}}</th>{{/header}}</tr></thead>
        <tbody>{{#lines}}<tr><th scope="row">{{name}}</th>{{#cells}}<td data-value="{{value}}">{{text}}</td>{{/cells}}</tr>
        {{/lines}}</tbody></table></div>
        """

    private static let figure = "<figure><figcaption>{{title}}</figcaption>{{{svg}}}</figure>"

    private static let key = """
        <p class="keys">{{#keys}}<span><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><line class="line {{style}}" x1="0" x2="28"
        y1="4" y2="4"/></svg> {{method}}</span> {{/keys}}</p>
        """
}
