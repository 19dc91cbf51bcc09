// Bundles src/ for browsers into the folder it is given, and makes the style sheets small. `make assets` runs it.
import { build } from "esbuild";

const STYLES = "../src/gough/web/portal/static";

await build({
  entryPoints: [
    ...["live", "charts", "editor"].map((out) => ({ out, in: `src/${out}.js` })),
    ...["portal", "pages", "charts", "editor"].map((out) => ({ out, in: `${STYLES}/${out}.css` })),
    { out: "uplot", in: "uplot/dist/uPlot.min.css" },
  ],
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  legalComments: "eof",
  logLevel: "warning",
});
