// The chart of ticks: each zoom asks the server for as many quotes as the chart can tell apart.
import { colour, draw, withUnit } from "/static/charts.js";

const figure = document.getElementById("ticks");
const COLOURS = { trades: "series-4", signals: "series-5", events: "dim", labels: "series-6", quarantine: "bad" };
const SHAPES = { trades: "square", signals: "triangle", events: "tick", labels: "diamond", quarantine: "cross" };
const LEAST_S = 0.05, MOST_S = 400 * 86400;
let asked = 0, range = null, timer = 0;

const seconds = (text) => Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`) / 1000;
const iso = (value) => new Date(value * 1000).toISOString();
const overlays = () => [...document.querySelectorAll("input[name=overlay]:checked")].map((each) => each.value);

function told(text) { document.getElementById("told").textContent = text; }

async function show(from, to, push) {
  const middle = (from + to) / 2, half = Math.min(Math.max((to - from) / 2, LEAST_S), MOST_S / 2);
  range = [middle - half, middle + half];
  const [start, end] = range.map(iso), number = ++asked;
  const address = new URL(location.href);
  address.searchParams.set("start", start);
  address.searchParams.set("end", end);
  if (push && address.href !== location.href) history.pushState(null, "", address);
  document.getElementById("start").value = start;
  document.getElementById("end").value = end;
  told("Reading …");
  const query = new URLSearchParams({ start, end, width: Math.max(figure.clientWidth, 300), overlays: overlays().join() });
  try {
    const answer = await fetch(`/api/v1/ticks/${figure.dataset.symbol}?${query}`);
    const figures = await answer.json();
    if (number !== asked) return; // a later zoom is on its way
    if (!answer.ok) throw new Error(figures.error);
    paint(figures);
  } catch (error) {
    if (number === asked) told(`No chart: ${error.message}`);
  }
}

function paint(figures) {
  const names = Object.keys(figures.overlays);
  const plot = draw(figure, figures, {
    hooks: {
      draw: [(drawn) => names.forEach((name) => figures.overlays[name].forEach((mark) => shape(drawn, name, mark, figures)))],
      setSelect: [(drawn) => {
        if (drawn.select.width < 4) return;
        const left = drawn.posToVal(drawn.select.left, "x"), right = drawn.posToVal(drawn.select.left + drawn.select.width, "x");
        show(left, right, true);
      }],
    },
    cursor: { drag: { x: true, y: false, setScale: false } },
  });
  if (plot) plot.over.addEventListener("wheel", wheel, { passive: false });
  const shown = withUnit(figures.columns[0].length, 0);
  told(`${withUnit(figures.rows, 0)} ${figures.resolution === "quotes" ? "quotes" : "lows and highs of minutes"} in this range, ${shown} drawn. ${figures.notes.join(" ")}`);
  table(figures);
}

function shape(plot, name, mark, figures) {
  const { ctx, bbox } = plot, x = plot.valToPos(mark.at, "x", true), size = 5 * devicePixelRatio;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const y = plot.valToPos(mark.y ?? at(figures, mark.at), "y", true);
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = colour(COLOURS[name]);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  const kind = SHAPES[name];
  if (kind === "square") ctx.rect(x - size, y - size, 2 * size, 2 * size);
  else if (kind === "triangle") { ctx.moveTo(x, y - size); ctx.lineTo(x + size, y + size); ctx.lineTo(x - size, y + size); ctx.closePath(); }
  else if (kind === "diamond") { ctx.moveTo(x, y - size); ctx.lineTo(x + size, y); ctx.lineTo(x, y + size); ctx.lineTo(x - size, y); ctx.closePath(); }
  else if (kind === "cross") { ctx.moveTo(x - size, y - size); ctx.lineTo(x + size, y + size); ctx.moveTo(x + size, y - size); ctx.lineTo(x - size, y + size); }
  else { ctx.moveTo(x, bbox.top + bbox.height); ctx.lineTo(x, bbox.top + bbox.height - 2 * size); }
  if (kind === "cross" || kind === "tick" || kind === "square") ctx.stroke(); else ctx.fill();
  ctx.restore();
}

function at(figures, time) {
  const xs = figures.columns[0];
  let low = 0, high = xs.length - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (xs[middle] <= time) low = middle; else high = middle - 1; }
  return figures.columns[1][low];
}

function table(figures) {
  const body = document.getElementById("marks");
  body.replaceChildren();
  const head = body.createTHead().insertRow();
  for (const name of ["Time (UTC)", "What", "Price"]) head.insertCell().textContent = name;
  const all = Object.values(figures.overlays).flat().sort((one, other) => one.at - other.at);
  for (const mark of all.slice(0, 500)) {
    const row = body.insertRow();
    row.insertCell().textContent = iso(mark.at).replace("T", " ").replace("Z", "");
    const what = row.insertCell();
    if (mark.href) { const link = document.createElement("a"); link.href = mark.href; link.textContent = mark.label; what.append(link); } else what.textContent = mark.label;
    const price = row.insertCell();
    price.className = "num";
    price.textContent = (mark.y ?? at(figures, mark.at)).toFixed(figures.series[0].digits);
  }
}

function zoom(factor, shift, middle) {
  const [from, to] = range, span = to - from, centre = middle ?? (from + to) / 2 + span * shift;
  const left = middle === undefined ? centre - (span * factor) / 2 : middle - (middle - from) * factor;
  clearTimeout(timer);
  range = [left, left + span * factor];
  timer = setTimeout(() => show(...range, true), 120);
}

function wheel(event) {
  event.preventDefault();
  const box = event.currentTarget.getBoundingClientRect(), [from, to] = range;
  zoom(event.deltaY > 0 ? 1.5 : 1 / 1.5, 0, from + ((event.clientX - box.left) / box.width) * (to - from));
}

const KEYS = { "+": [0.5, 0], "=": [0.5, 0], "-": [2, 0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25] };

if (figure) {
  const first = [seconds(document.getElementById("start").value), seconds(document.getElementById("end").value)];
  figure.addEventListener("keydown", (event) => {
    if (event.key === "0") show(...first, true);
    else if (KEYS[event.key]) zoom(...KEYS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  for (const each of document.querySelectorAll("[data-days]")) {
    each.addEventListener("click", () => show(range[1] - each.dataset.days * 86400, range[1], true));
  }
  for (const each of document.querySelectorAll("input[name=overlay]")) each.addEventListener("change", () => show(...range, false));
  document.getElementById("range").addEventListener("submit", (event) => {
    event.preventDefault();
    show(seconds(document.getElementById("start").value), seconds(document.getElementById("end").value), true);
  });
  addEventListener("popstate", () => {
    const kept = new URL(location.href).searchParams;
    if (kept.get("start")) show(seconds(kept.get("start")), seconds(kept.get("end")), false);
    else show(...first, false);
  });
  show(...first, false);
}
