// What every page needs: theme, menu, local times, dialogs, and a word when a fragment could not be fetched.

const root = document.documentElement;

function switchTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new Event("themechange"));
}

function toggleMenu(button) {
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  button.setAttribute("aria-expanded", menu.classList.toggle("open"));
}

function openDialog(opener) {
  document.getElementById(opener.dataset.dialog).showModal();
}

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-theme-switch]")) switchTheme();
  else if (on("[data-menu]")) toggleMenu(on("[data-menu]"));
  else if (on("[data-dialog]")) openDialog(on("[data-dialog]"));
  else if (on("[data-close]")) on("dialog").close();
  for (const person of document.querySelectorAll("details.person[open]")) {
    if (!person.contains(event.target)) person.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const person of document.querySelectorAll("details.person[open]")) person.open = false;
});

// The local time of a UTC one, when somebody asks: pages have hundreds of them.
document.addEventListener("pointerover", localise);
document.addEventListener("focusin", localise);
function localise(event) {
  const time = event.target.closest?.("time[datetime]");
  if (time && !time.title) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  }
}

// A form is sent once: a second press while the answer is on its way would act twice.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button:not([type=button])")) {
    setTimeout(() => { button.disabled = true; });
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button[disabled]:not([data-off])")) button.disabled = false;
});

document.addEventListener("htmx:sendError", (event) => {
  const target = event.detail.target;
  if (!target || target.querySelector(":scope > .lost")) return;
  const lost = document.createElement("p");
  lost.className = "problem lost";
  lost.setAttribute("role", "alert");
  lost.textContent = "These pages' program does not answer: what is below may be old. Expected `ticklake pages serve` or `ticklake dev` to run.";
  target.prepend(lost);
});

// A choice that leads to another page; without scripts its form does.
document.addEventListener("change", (event) => {
  const goes = event.target.dataset?.goes;
  if (goes) location.assign(goes + encodeURIComponent(event.target.value));
});
