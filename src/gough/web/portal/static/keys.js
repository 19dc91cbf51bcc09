// Keys: / searches, g and a letter goes to a page, ? lists them. The letters are those of the list of keys.

const GO_MS = 1500; // how long a g waits for its letter
let wentAt = 0;

const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

async function open(id) {
  const dialog = document.getElementById(id);
  for (const other of document.querySelectorAll("dialog[open]")) other.close();
  if (id === "palette") document.getElementById("palette-text").value = "";
  dialog.showModal();
  // Only whoever opens it loads its script; what is typed meanwhile stands in the box already and is looked for then.
  if (dialog.dataset.script) await import(dialog.dataset.script);
  document.dispatchEvent(new CustomEvent("opened", { detail: id }));
}

function search() {
  const box = document.querySelector("main [data-shortcut='/']");
  if (!box) return open("palette");
  box.focus();
  box.select();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    return open("palette");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const goes = Date.now() - wentAt < GO_MS && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  wentAt = event.key === "g" ? Date.now() : 0;
  if (goes) location.assign(goes.href);
  else if (event.key === "/") {
    event.preventDefault();
    search();
  } else if (event.key === "?") open("keys");
});

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  if (opens) open(opens.dataset.opens);
  // The dialog itself is hit where its backdrop is.
  else if (event.target.matches("dialog[open], [data-closes]")) event.target.closest("dialog").close();
});
