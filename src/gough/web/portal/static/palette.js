// Find anything: machines by the API's search, pages, and what can be done to the machine that is shown.

const MACHINES = 8;
const WAIT_MS = 120; // for the next letter, before the server is asked
const dialog = document.getElementById("palette");
const text = document.getElementById("palette-text");
const list = document.getElementById("palette-found");
const said = document.getElementById("palette-said");
let chosen = 0;
let asking = null;

const labelled = (element) => element.textContent.trim().replace(/\s+/g, " ");

function pages() {
  return [...document.querySelectorAll("[data-go], [data-page]")].map((link) => ({
    kind: "Page", label: labelled(link), act: () => location.assign(link.href),
  }));
}

function actions() {
  const title = document.querySelector("main h1");
  if (!document.body.dataset.machine || !title) return [];
  const found = document.querySelectorAll("#live .actions :is(summary, button, a.button):not(:disabled)");
  return [...found].filter((each) => each.matches("summary") || !each.closest("form.panel, form.stack")).map((each) => ({
    kind: labelled(title), label: labelled(each), act: () => press(each),
  }));
}

// What only opens is opened; what would act at once is shown and waits for its own click or Enter.
function press(element) {
  dialog.close();
  for (let fold = element.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  if (element.matches("a")) element.click();
  element.focus();
}

async function machines(query) {
  asking = new AbortController();
  const asked = new URLSearchParams({ q: query, limit: MACHINES });
  const answer = await fetch(`/api/v1/machines?${asked}`, { signal: asking.signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).items.map((machine) => ({
    kind: "Machine", label: machine.hostname, note: machine.reason || machine.service.replace("_", " "),
    act: () => location.assign(`/machines/${machine.id}`),
  }));
}

function draw(found) {
  list.replaceChildren(...found.map((each, index) => {
    const item = document.createElement("li");
    item.id = `palette-${index}`;
    item.setAttribute("role", "option");
    for (const [name, value] of [["label", each.label], ["note", each.note ?? ""], ["kind", each.kind]]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = value;
      item.append(part);
    }
    item.addEventListener("click", (event) => {
      event.stopPropagation(); // a click elsewhere closes what this one opens
      each.act();
    });
    return item;
  }));
  choose(0);
  said.textContent = found.length ? `${found.length} found` : "Nothing is called that";
}

function choose(index) {
  const items = list.children;
  chosen = Math.max(0, Math.min(index, items.length - 1));
  for (const [number, item] of [...items].entries()) item.setAttribute("aria-selected", String(number === chosen));
  items[chosen]?.scrollIntoView({ block: "nearest" });
  text.setAttribute("aria-activedescendant", items.length ? `palette-${chosen}` : "");
}

let timer = 0;

function look() {
  const query = text.value.trim();
  const here = [...actions(), ...pages()].filter((each) => each.label.toLowerCase().includes(query.toLowerCase()));
  draw(here);
  clearTimeout(timer);
  asking?.abort(); // a late answer to fewer letters must not be what Enter chooses from
  if (!query) return;
  timer = setTimeout(async () => {
    try {
      draw([...here.slice(0, 4), ...(await machines(query)), ...here.slice(4)]);
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = "Machines could not be searched just now";
    }
  }, WAIT_MS);
}

text.addEventListener("input", look);
text.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    choose(chosen + steps[event.key]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    list.children[chosen]?.click();
  }
});
document.addEventListener("opened", (event) => {
  if (event.detail === "palette") look();
});
