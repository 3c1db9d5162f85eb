// Line charts by uPlot: <figure class="chart" data-chart="/api/..."> or with its figures in data-figures.
//
// The figures: {time: bool, x: "label", series: [{label, unit, digits, kind: "line|step|points|bars", scale}],
// columns: [[x...], [y...], ...], bands: [[2, 1]], marks: [{x, label, kind: "good|bad|warn|dim"}]}.
// x of a time is seconds since 1970, UTC; a missing y is null. `scale: "right"` has an axis of its own.

const charts = new Map();
const KINDS = { step: () => uPlot.paths.stepped({ align: 1 }), bars: () => uPlot.paths.bars({ size: [0.8, 60] }), points: () => () => null };

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function withUnit(value, digits, unit) {
  if (value == null) return "–";
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replaceAll(",", "\u202f");
  return unit ? `${text}\u00a0${unit}` : text;
}

function utc(seconds) {
  return seconds == null ? "–" : new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.000Z$/, "").replace("Z", "");
}

// Of 24 hours, ISO dates: per smallest step (s) the label, and what is added below where the year, day or minute changes.
const TIMES = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
  [1, ":{ss}", "\n{YYYY}-{MM}-{DD} {HH}:{mm}", null, "\n{MM}-{DD} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
  [0.001, ":{ss}.{fff}", "\n{YYYY}-{MM}-{DD} {HH}:{mm}", null, "\n{MM}-{DD} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
];
const WHOLE = [1, 2, 3, 4, 6, 12, 24, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000, 1000000];
const fromZero = (_, low, high) => [Math.min(0, low ?? 0), Math.max(0, high ?? 1) * 1.05];

function axis(scale, right) {
  return {
    scale, side: right ? 1 : 3, stroke: colour("dim"), size: 64,
    grid: { stroke: colour("line"), width: 1, show: !right }, ticks: { stroke: colour("line") },
    values: (_, splits, __, ___, step) => splits.map((value) => withUnit(value, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), "")),
  };
}

function options(figures, width, height) {
  const series = figures.series.map((each, index) => ({
    label: each.unit ? `${each.label} (${each.unit})` : each.label,
    stroke: colour(each.colour || `series-${(index % 6) + 1}`),
    fill: each.kind === "bars" ? colour(each.colour || `series-${(index % 6) + 1}`) : undefined,
    width: 1.5,
    scale: each.scale || "y",
    paths: KINDS[each.kind]?.(),
    points: { show: each.kind === "points", size: 6 },
    value: (_, value) => withUnit(value, each.digits ?? 2, ""),
    spanGaps: Boolean(each.spanGaps),
  }));
  const steps = figures.time ? { values: TIMES } : figures.columns[0].every(Number.isInteger) && { incrs: WHOLE };
  const below = { stroke: colour("dim"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") }, ...steps };
  const axes = [below, axis("y", false)];
  const scales = { x: { time: Boolean(figures.time) } }, xs = figures.columns[0];
  const hasBars = !figures.time && figures.series.some((each) => each.kind === "bars");
  if (hasBars) {  // the first and the last have room
    scales.x.range = (_, low, high) => [low === xs[0] ? low - 0.6 : low, high === xs.at(-1) ? high + 0.6 : high];
  }
  for (const each of figures.series) if (each.kind === "bars") scales[each.scale || "y"] = { range: fromZero };
  if (figures.series.some((each) => each.scale === "right")) axes.push(axis("right", true));
  return {
    width, height, series: [{ label: figures.x, value: (_, x) => (figures.time ? utc(x) : withUnit(x, hasBars ? 0 : 2, "")) }, ...series],
    axes, scales, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { drag: { x: true, y: false }, sync: figures.sync ? { key: figures.sync } : undefined },
    hooks: { draw: [(plot) => drawMarks(plot, figures.marks || [])] },
    bands: (figures.bands || []).map((pair) => ({ series: pair, fill: colour("dim-bg") })),
  };
}

function drawMarks(plot, marks) {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const mark of marks) {
    const x = plot.valToPos(mark.x, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(mark.kind || "dim");
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(mark.label, x + 4, bbox.top + 12);
  }
  ctx.restore();
}

function table(figures) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "As a table";
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("table")) return;
    const box = document.createElement("div");
    box.className = "scroll";
    box.tabIndex = 0;
    const rows = Math.min(figures.columns[0].length, 500);
    const body = document.createElement("table");
    const head = body.createTHead().insertRow();
    for (const name of [figures.time ? `${figures.x} (UTC)` : figures.x, ...figures.series.map((each) => (each.unit ? `${each.label} (${each.unit})` : each.label))]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    for (let row = 0; row < rows; row++) {
      const line = body.insertRow();
      figures.columns.forEach((column, at) => {
        const cell = line.insertCell();
        cell.className = "num";
        cell.textContent = at ? withUnit(column[row], figures.series[at - 1].digits ?? 2, "") : figures.time ? utc(column[row]) : withUnit(column[row], Number.isInteger(column[row]) ? 0 : 2, "");
      });
    }
    box.append(body);
    if (rows < figures.columns[0].length) box.append(`The first ${rows} of ${figures.columns[0].length} rows.`);
    details.append(box);
  });
  return details;
}

function zoom(plot, factor, shift) {
  const { min, max } = plot.scales.x;
  const half = ((max - min) / 2) * factor, middle = (min + max) / 2 + (max - min) * shift;
  plot.setScale("x", { min: middle - half, max: middle + half });
}

const KEYS = { "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25] };

/** Draw figures into a figure element; returns the plot. `extra` is merged into uPlot's options. */
export function draw(figure, figures, extra = {}) {
  charts.get(figure)?.plot.destroy();
  figure.querySelectorAll(".plot, details, .empty, .waiting").forEach((each) => each.remove());
  const box = document.createElement("div");
  box.className = "plot";
  figure.append(box);
  if (!figures.columns[0].length) {
    box.outerHTML = '<p class="empty">No figures yet.</p>';
    return null;
  }
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  const xs = figures.columns[0], name = figure.querySelector("figcaption")?.textContent ?? "Chart";
  const ends = figures.time ? `${utc(xs[0])} to ${utc(xs.at(-1))} UTC` : `${figures.x} ${xs[0]} to ${xs.at(-1)}`;
  box.setAttribute("aria-label", `${name}: ${xs.length} points, ${ends}. Plus and minus zoom, arrows move, 0 shows all; the table below has the figures.`);
  const height = Number(figure.dataset.height || 260);
  const plot = new uPlot({ ...options(figures, box.clientWidth || 600, height), ...extra }, figures.columns, box);
  plot.root.querySelector("canvas").setAttribute("aria-hidden", "true");
  box.addEventListener("keydown", (event) => {
    if (event.key === "0") plot.setScale("x", { min: xs[0], max: xs.at(-1) });
    else if (KEYS[event.key]) zoom(plot, ...KEYS[event.key]);
    else return;
    event.preventDefault();
  });
  figure.append(table(figures));
  charts.set(figure, { plot, figures, extra, box });
  return plot;
}

async function load(figure) {
  try {
    if (figure.dataset.figures) return draw(figure, JSON.parse(figure.dataset.figures));
    const waiting = document.createElement("p");
    waiting.className = "waiting";
    waiting.textContent = "Reading figures …";
    figure.append(waiting);
    const answer = await fetch(figure.dataset.chart);
    const figures = await answer.json();
    if (!answer.ok) throw new Error(figures.error);
    return draw(figure, figures);
  } catch (error) {
    figure.querySelectorAll(".waiting").forEach((each) => each.remove());
    const problem = document.createElement("p");
    problem.className = "problem";
    problem.textContent = `No chart: ${error.message}`;
    figure.append(problem);
    return null;
  }
}

function loadAll(within) {
  for (const figure of within.querySelectorAll("figure[data-chart]:not([data-drawn])")) {
    figure.dataset.drawn = "";
    load(figure);
  }
}

function redrawAll() {
  for (const [figure, { figures, extra }] of [...charts]) {
    if (figure.isConnected) draw(figure, figures, extra);
    else charts.delete(figure);
  }
}

new ResizeObserver(() => {
  for (const [figure, { plot, box }] of [...charts]) {
    if (!figure.isConnected) charts.delete(figure);
    else if (box.clientWidth && box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height: plot.height });
  }
}).observe(document.body);
document.addEventListener("themechange", redrawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
document.addEventListener("htmx:load", (event) => loadAll(event.detail.elt));
loadAll(document);
