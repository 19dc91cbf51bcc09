// Bundles src/ for browsers into the folder it is given. `make assets` runs it.
import { build } from "esbuild";

await build({
  entryPoints: {
    live: "src/live.js",
    charts: "src/charts.js",
    editor: "src/editor.js",
    uplot: "uplot/dist/uPlot.min.css",
  },
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  legalComments: "eof",
  logLevel: "warning",
});
