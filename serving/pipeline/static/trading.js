// What is fetched anew every two seconds keeps its person's place: focus, opened details, how far tables are scrolled.
// A change of state is said once to who listens; a tick is no news.

const places = new WeakMap();
const FOCUSABLE = "a[href], button, summary, input, select, [tabindex]";

const all = (part, selector) => [...part.querySelectorAll(selector)];
const name = (each) => each.getAttribute("href") ?? each.getAttribute("aria-label") ?? each.textContent;

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (!target.matches("[data-keeps]")) return;
  const focused = target.contains(document.activeElement) ? document.activeElement : null;
  places.set(target, {
    focused: focused && name(focused),
    open: all(target, "details[open] > summary").map(name),
    scrolled: all(target, ".scroll").map((each) => [name(each), each.scrollLeft]),
  });
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const before = places.get(target);
  if (!before) return;
  for (const each of all(target, "details > summary")) each.parentElement.open = before.open.includes(name(each));
  for (const [label, left] of before.scrolled) {
    const box = all(target, ".scroll").find((each) => name(each) === label);
    if (box) box.scrollLeft = left;
  }
  const focused = before.focused && all(target, FOCUSABLE).find((each) => name(each) === before.focused);
  if (focused) focused.focus({ preventScroll: true });
  say(target);
});

function say(part) {
  const aloud = document.querySelector("[data-aloud]");
  const said = all(part, "[data-says]").map((each) => each.dataset.says).join(". ");
  if (aloud && aloud.textContent !== said) aloud.textContent = said;
}
