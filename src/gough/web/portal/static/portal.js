// Live pages without blinking: an event arrives, the fragment is fetched again, and only what differs is changed.

const { live, machine, after } = document.body.dataset;
const POLL_MS = 5000; // without a stream
const REFRESH_MS = 15000; // with one: metrics and MAAS statuses change without an event

function sync(before, fresh) {
  if (before.nodeType !== fresh.nodeType || before.nodeName !== fresh.nodeName) {
    before.replaceWith(fresh);
    return;
  }
  if (before.nodeType === Node.TEXT_NODE) {
    if (before.data !== fresh.data) before.data = fresh.data;
    return;
  }
  if (before.nodeType !== Node.ELEMENT_NODE || before.isEqualNode(fresh)) return;
  for (const { name } of [...before.attributes]) {
    // What a person has opened or typed stays as it is.
    if (!fresh.hasAttribute(name) && !(name === "open" && before.matches("details"))) before.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (before.getAttribute(name) !== value) before.setAttribute(name, value);
  }
  if (before.matches("details.confirm[open]")) return;
  syncChildren(before, fresh);
}

function syncChildren(before, fresh) {
  const keyed = new Map();
  for (const child of before.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let cursor = before.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = child.dataset?.key;
    let match = key ? keyed.get(key) : cursor;
    if (!key && match?.dataset?.key) match = null;
    if (!match) {
      before.insertBefore(child, cursor);
      continue;
    }
    if (match !== cursor) before.insertBefore(match, cursor);
    const next = match.nextSibling;
    sync(match, child);
    cursor = next;
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

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

let fetching = false;
let again = false;

async function refresh() {
  if (document.hidden) return;
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(live, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["live", "paused"]) {
        const fresh = parsed.getElementById(id);
        const shown = document.getElementById(id);
        if (!fresh || !shown) continue;
        tick(fresh);
        sync(shown, fresh);
      }
    }
  } catch {
    // The next turn tries again.
  }
  fetching = false;
  if (again) {
    again = false;
    setTimeout(refresh, 300);
  }
}

let source = null;
let seen = after ?? "0";

function listen() {
  if (source || document.hidden) return;
  const query = new URLSearchParams({ after: seen, ...(machine && { machine }) });
  source = new EventSource(`/api/v1/events/stream?${query}`);
  source.addEventListener("timeline", (event) => {
    seen = event.lastEventId;
    refresh();
  });
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) hush();
  };
}

function hush() {
  source?.close();
  source = null;
}

if (live) {
  listen();
  let turn = 0;
  setInterval(() => {
    turn += POLL_MS;
    if (!source) refresh();
    else if (turn % REFRESH_MS === 0) refresh();
    if (turn % 30000 === 0) listen();
  }, POLL_MS);
  // A hidden tab gives its stream back: browsers allow six to a server.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else {
      listen();
      refresh();
    }
  });
  addEventListener("pagehide", hush);
}

tick();
setInterval(tick, 1000);

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
