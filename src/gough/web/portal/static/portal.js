// What every page has: times that go on, menus that close, boxes and buttons that help. Live pages: portal/src/live.js.

const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function span(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  for (const [index, [size, unit]] of SPANS.entries()) {
    if (left < size) continue;
    const rest = left % size;
    const [smaller, smallerUnit] = SPANS[Math.min(index + 1, 3)];
    const second = (unit === "d" || unit === "h") && rest >= smaller ? ` ${Math.floor(rest / smaller)} ${smallerUnit}` : "";
    return `${Math.floor(left / size)} ${unit}${second}`;
  }
  return "0 s";
}

const two = (number) => String(number).padStart(2, "0");

function say(time) {
  const moment = new Date(time.dateTime);
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  switch (time.dataset.form) {
    case "since": return span((Date.now() - moment) / 1000);
    case "countdown": return span((moment - Date.now()) / 1000);
    case "clock": return `${clock}:${two(moment.getSeconds())}`;
    default: return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${clock}`;
  }
}

function tick(root = document) {
  for (const time of root.querySelectorAll("time[data-form]")) {
    const text = say(time);
    if (time.textContent !== text) time.textContent = text;
  }
  for (const bar of root.querySelectorAll("progress[data-since]")) {
    bar.value = Math.max(0, Math.floor((Date.now() - new Date(bar.dataset.since)) / 1000));
  }
}

tick();
setInterval(tick, 1000);
document.addEventListener("gough:fresh", (event) => tick(event.detail));

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.confirm[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// A box that ticks all others of its form; a button that copies what it names.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.pick;
  if (name) for (const box of event.target.form.querySelectorAll(`[name="${name}"]`)) box.checked = event.target.checked;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copy);
  getSelection().selectAllChildren(shown); // without https there is no clipboard, but what is selected can be copied
  try {
    await navigator.clipboard.writeText(shown.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = document.execCommand("copy") ? "Copied" : "Selected: copy it now";
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll("details.confirm[open]")) open.open = false;
});
