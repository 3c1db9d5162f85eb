// The report's plots say what a mark is in its <title>: here it is read out below the plot, by pointer and by arrow keys.

function marksOf(plot) {
  return [...plot.querySelectorAll("svg [fill] > title")].map((title) => title.parentElement)
    .filter((mark) => mark.firstElementChild.textContent && mark.getClientRects().length);
}

function read(plot, mark) {
  plot.querySelectorAll(".read").forEach((each) => each.classList.remove("read"));
  mark?.classList.add("read");
  plot.querySelector("output").textContent = mark ? mark.querySelector("title").textContent : "";
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

for (const plot of document.querySelectorAll("[data-marks]")) {
  plot.addEventListener("pointerover", (event) => {
    const title = event.target.querySelector?.(":scope > title");
    if (title?.textContent) read(plot, event.target);
  });
  plot.addEventListener("pointerleave", () => read(plot, null));
  plot.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    const marks = marksOf(plot), now = marks.indexOf(plot.querySelector(".read"));
    read(plot, marks[Math.min(Math.max(now + STEPS[event.key], 0), marks.length - 1)]);
    event.preventDefault();
  });
}
