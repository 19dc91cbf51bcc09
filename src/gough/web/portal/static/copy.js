// Buttons that copy: an id, an address, the address of this view.

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard, but what is selected in a field can be copied.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-text], [data-copy-here]");
  if (!button) return;
  const here = new URL(location.href);
  here.searchParams.delete("cursor");
  const done = await copy(button.dataset.copyText ?? here.href);
  button.dataset.said = done ? "Copied" : "Not copied";
  setTimeout(() => delete button.dataset.said, 2000);
});
