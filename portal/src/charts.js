// Draws #charts: each [data-chart] gets a canvas over the points that #charts names the address of.
import uPlot from "uplot/dist/uPlot.esm.js";
import { said, clock, axisClock, steps } from "./units.js";

const HEIGHT = 180;
const shown = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const lineColour = (number) => () => colour(`--line-${number}`);
const seeThrough = (number) => () => `color-mix(in srgb, ${colour(`--line-${number}`)} 18%, transparent)`;

// Three columns a line: what it was on average, and without a stroke of their own the ends of its band.
function columns(chart) {
  return [chart.at, ...chart.lines.flatMap((line) => [line.average, line.low, line.high])];
}

function series(chart) {
  const none = { points: { show: false }, stroke: "transparent", width: 0 };
  return [{}, ...chart.lines.flatMap((line, n) => [
    { label: line.title, stroke: lineColour(n + 1), width: 1.5, points: { show: lonely } }, none, none,
  ])];
}

// A dot where a line would need a second point.
function lonely(plot, index, from, to) {
  const values = plot.data[index];
  const alone = [];
  for (let n = from; n <= to; n++) {
    if (values[n] != null && values[n - 1] == null && values[n + 1] == null) alone.push(n);
  }
  plot.series[index].points.filter = () => alone;
  return alone.length > 0;
}

function options(chart, width, tell) {
  const axis = { stroke: () => colour("--soft"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    series: series(chart),
    bands: chart.lines.map((_, n) => ({ series: [n * 3 + 3, n * 3 + 2], fill: seeThrough(n + 1) })),
    legend: { show: false },
    padding: [10, 14, 0, 0],
    cursor: { sync: { key: "gough" }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { range: () => [shown.get(chart.name).chart.begin, shown.get(chart.name).chart.end] },
      y: { range: (_plot, _low, high) => [0, chart.unit === "%" ? 100 : (high || 1) * 1.08] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: axisClock },
      { ...axis, size: 72, space: 36, incrs: steps(chart.unit), values: (_plot, splits) => splits.map((value) => said(value, chart.unit)) },
    ],
    hooks: { setCursor: [(plot) => tell(plot.cursor.idx)] },
  };
}

function draw(chart, place) {
  const tip = document.createElement("p");
  tip.className = "chart-tip";
  const tell = (index) => {
    const { chart: now } = shown.get(chart.name) ?? { chart };
    tip.textContent = index == null ? "" : [
      clock(now.at[index]), ...now.lines.map((line) => `${line.title} ${range(line, index, now.unit)}`),
    ].join(" · ");
  };
  shown.set(chart.name, { chart, place });
  const plot = new uPlot(options(chart, place.clientWidth, tell), columns(chart), place);
  shown.set(chart.name, { chart, place, plot });
  place.append(tip);
  place.classList.add("is-drawn");
  plot.root.setAttribute("aria-hidden", "true"); // the legend and the table say it
}

function range(line, index, unit) {
  const value = line.average[index];
  const spread = line.high[index] > line.low[index];
  return said(value, unit) + (spread ? ` (${said(line.low[index], unit)} to ${said(line.high[index], unit)})` : "");
}

const isSame = (one, other) => one.lines.length === other.lines.length && one.lines.every((line, n) => line.title === other.lines[n].title);

function put(chart) {
  const place = document.querySelector(`[data-chart="${chart.name}"]`);
  const known = shown.get(chart.name);
  if (!place) return;
  if (known?.place === place && isSame(known.chart, chart)) {
    shown.set(chart.name, { ...known, chart });
    known.plot.setData(columns(chart));
    return;
  }
  if (known?.place === place) {
    known.plot.destroy();
    place.querySelector(".chart-tip")?.remove();
  }
  draw(chart, place);
}

let asked = 0;

async function load() {
  const from = document.getElementById("charts")?.dataset.points;
  if (!from) return;
  const turn = ++asked;
  try {
    const answer = await fetch(from, { redirect: "error" });
    if (!answer.ok) return;
    const { charts } = await answer.json();
    if (turn === asked) charts.forEach(put);
  } catch {
    // The next turn tries again.
  }
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = shown.get(target.dataset.chart)?.plot;
    if (plot && plot.width !== target.clientWidth) plot.setSize({ width: target.clientWidth, height: HEIGHT });
  }
});

await load();
for (const place of document.querySelectorAll("[data-chart]")) sizes.observe(place);
document.addEventListener("htmx:after:swap", load);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const { plot } of shown.values()) plot.redraw(false);
});
