// The live page: one stream of server-sent events, frames thinned to five a second by who sends them.
//
// Whatever is shown is of now only while frames come and say so: `problem` is why it is not, `age_s` how old the newest
// tick was when the frame was sent.
import { draw, withUnit } from "./charts.js";

const live = document.getElementById("live");
const digits = Number(live.dataset.digits), pip = Number(live.dataset.pip);
const MOST_QUOTES = 1500, MOST_SIGNALS = 200, SILENT_MS = 20000, STALE_S = 30, RECORDED_US = 3600e6;
const at = (id) => document.getElementById(id);

let quotes = [], signals = [], now = null, heard = 0, refused = "", dirty = { prices: false, scores: false };

const utc = (us, length = 23) => new Date(us / 1000).toISOString().replace("T", " ").slice(0, length);

function text(id, value) {
  const element = at(id);
  if (element.textContent !== value) element.textContent = value;
}

function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function status() {
  const since = (performance.now() - heard) / 1000;
  let chip = "live", kind = "good", words = "";
  const age = now?.age_s == null ? null : now.age_s + since;
  if (refused) [chip, kind, words] = ["not live", "bad", refused];
  else if (!now) [chip, kind, words] = ["connecting", "dim", "Waiting for the first frame"];
  else if (since * 1000 > SILENT_MS) [chip, kind, words] = ["not live", "bad", `These pages' program has said nothing for ${duration(since)}: expected \`ticklake pages serve\` or \`ticklake dev\` to run`];
  else if (now.problem) [chip, kind, words] = ["not live", "bad", now.problem];
  else if (now.ts_us == null) [chip, kind, words] = ["no tick", "warn", "No tick came since the endpoint started"];
  else if (age > STALE_S) [chip, kind, words] = ["stale", "warn", `No tick for ${duration(Math.floor(age))}`];
  else if (now.now_us - now.ts_us > RECORDED_US) [chip, kind, words] = ["replay", "warn", `Ticks of ${now.day} come now: a recorded day`];
  else words = `Last tick ${age < 2 ? "just now" : `${duration(Math.floor(age))} ago`}`;
  if (now?.note && !now.problem) words += `. ${now.note}`;
  live.classList.toggle("old", chip === "not live" || chip === "stale");
  at("status-chip").className = `chip ${kind}`;
  text("status-chip", chip);
  text("status-text", words);
}

function showNow(told) {
  now = told;
  heard = performance.now();
  if (told.ts_us != null) {
    text("bid", told.bid.toFixed(digits));
    text("ask", told.ask.toFixed(digits));
    text("spread", withUnit((told.ask - told.bid) / pip, 1, "pips"));
    showTime(told.ts_us);
  }
  showCounts(told.counts, told.ticks);
}

function showTime(us) {
  const time = document.createElement("time");
  time.dateTime = new Date(us / 1000).toISOString();
  time.textContent = `${utc(us)} UTC`;
  at("quote-time").replaceChildren(time);
}

function showCounts(counts, ticks) {
  if (!counts?.day) return;
  const taken = Object.values(ticks || {}).reduce((sum, each) => sum + each, 0);
  const since = ticks ? `; since the endpoint started ${withUnit(taken, 0, "ticks")}, ${withUnit(ticks.quarantined || 0, 0, "")} of them in quarantine` : "";
  text("day-counts", `${counts.day}: ${withUnit(counts.signals, 0, "signals")}, ${withUnit(counts.actionable, 0, "")} of them might be traded${since}.`);
}

function addQuote(told) {
  const last = quotes.at(-1);
  if (told.ts_us == null || (last && told.ts_us === last[0])) return;
  if (last && told.ts_us < last[0]) quotes = [];
  quotes.push([told.ts_us, told.bid, told.ask]);
  if (quotes.length > MOST_QUOTES) quotes.shift();
  dirty.prices = true;
}

const isActionable = (signal) => signal.tradable && signal.side !== "none" && !signal.abstain.length;

function showScores(signal) {
  text("p-long", withUnit(signal.p_long, 3, ""));
  text("p-short", withUnit(signal.p_short, 3, ""));
  text("threshold", withUnit(signal.threshold, 3, ""));
  text("anomaly", withUnit(signal.anomaly, 2, ""));
}

function cell(row, value, kind = "") {
  const made = row.insertCell();
  made.className = kind;
  made.textContent = value;
  return made;
}

function signalRow(signal) {
  const row = document.createElement("tr");
  cell(row, utc(signal.ts_us));
  const chip = document.createElement("span");
  chip.className = `chip ${isActionable(signal) ? "good" : "dim"}`;
  chip.textContent = signal.side === "none" ? "no side" : signal.side;
  cell(row, "").append(chip);
  for (const [value, places] of [[signal.p_long, 3], [signal.p_short, 3], [signal.threshold, 3], [signal.anomaly, 2]]) cell(row, withUnit(value, places, ""), "num");
  cell(row, signal.stop == null ? "–" : `${signal.stop.toFixed(digits)} and ${signal.target.toFixed(digits)}`);
  cell(row, [...signal.abstain.map((each) => each.replaceAll("_", " ")), ...(signal.tradable ? [] : ["shadow"])].join(", ") || "–");
  return row;
}

function showSignals() {
  const body = at("signals");
  if (signals.length) body.replaceChildren(...signals.slice(-MOST_SIGNALS).reverse().map(signalRow));
  if (signals.length) showScores(signals.at(-1));
  dirty.scores = true;
}

function addSignals(told) {
  for (const signal of told.signals) {
    if (signals.length && signal.ts_us < signals.at(-1).ts_us) signals = []; // the day was begun anew
    signals.push(signal);
  }
  signals = signals.slice(-MOST_SIGNALS);
  showSignals();
  dirty.prices = true;
  showCounts(told.counts, now?.ticks);
}

function showAbout(html) {
  const about = at("about");
  if (!html) return;
  const open = [...about.querySelectorAll("details[open] > summary")].map((each) => each.textContent);
  const scrolled = [...about.querySelectorAll(".tall")].map((each) => each.scrollTop);
  if (about.contains(document.activeElement) && document.activeElement !== document.body) return; // who reads by keyboard keeps its place
  about.innerHTML = html; // ours, escaped where it was made
  for (const summary of about.querySelectorAll("summary")) summary.parentElement.open = open.includes(summary.textContent);
  about.querySelectorAll(".tall").forEach((each, place) => { each.scrollTop = scrolled[place] || 0; });
}

/** Signals that ask for an order, as points on the quote that came with or after each: the long ones at the ask. */
function asking(side, price) {
  const column = new Array(quotes.length).fill(null);
  let place = 0;
  for (const signal of signals) {
    if (!isActionable(signal) || signal.side !== side || signal.ts_us < (quotes[0]?.[0] ?? 0)) continue;
    while (place < quotes.length && quotes[place][0] < signal.ts_us) place++;
    if (place < quotes.length) column[place] = quotes[place][price];
  }
  return column;
}

function priceFigures() {
  return {
    time: true, x: "time",
    columns: [quotes.map((each) => each[0] / 1e6), quotes.map((each) => each[1]), quotes.map((each) => each[2]), asking("long", 2), asking("short", 1)],
    series: [
      { label: "bid", digits, kind: "step" }, { label: "ask", digits, kind: "step" },
      { label: "long", digits, kind: "points", colour: "good" }, { label: "short", digits, kind: "points", colour: "bad" },
    ],
  };
}

function scoreFigures() {
  return {
    time: true, x: "event", columns: [signals.map((each) => each.ts_us / 1e6), ...["p_long", "p_short", "threshold", "anomaly"].map((name) => signals.map((each) => each[name]))],
    series: [
      { label: "p long", digits: 3, kind: "line", colour: "good" }, { label: "p short", digits: 3, kind: "line", colour: "bad" },
      { label: "threshold", digits: 3, kind: "step", colour: "dim" }, { label: "anomaly", digits: 2, kind: "line", scale: "right", colour: "series-3" },
    ],
  };
}

const plots = {};

/** New figures into a plot that is there; a plot that a change of colours has replaced is drawn anew. */
function redraw(name, figure, figures) {
  const held = plots[name];
  if (figures.columns[0].length < 2) return; // one point has no scale
  if (!held?.plot?.root.isConnected) {
    plots[name] = { plot: draw(figure, figures), figures };
    return;
  }
  Object.assign(held.figures, figures);
  held.plot.setData(figures.columns);
}

setInterval(() => {
  status();
  if (document.hidden) return;
  if (dirty.prices) redraw("prices", at("price-chart"), priceFigures());
  if (dirty.scores) redraw("scores", at("score-chart"), scoreFigures());
  dirty = { prices: false, scores: false };
}, 250);

const stream = new EventSource(live.dataset.events);
const on = (name, take) => stream.addEventListener(name, (event) => { refused = ""; take(event.data); });
on("now", (data) => showNow(JSON.parse(data)));
on("quote", (data) => { const told = JSON.parse(data); showNow(told); addQuote(told); });
on("signals", (data) => addSignals(JSON.parse(data)));
on("about", (data) => showAbout(data));
on("picture", (data) => {
  const told = JSON.parse(data);
  quotes = told.quotes;
  signals = told.signals;
  showNow(told.now);
  showAbout(told.about);
  showSignals();
  dirty = { prices: true, scores: true };
});
on("lost", (data) => {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = `This browser was too slow: ${data} frames were left out. What is shown now is of now.`;
  live.querySelector(":scope > .note")?.remove();
  live.prepend(note);
});
stream.addEventListener("error", () => {
  refused = stream.readyState === EventSource.CLOSED ? "The stream was refused: reload the page, and sign in again if you are asked to" : "The connection to these pages is lost: it is tried again";
  status();
});
