// The template editor: CodeMirror over each textarea of the form, and what the server says at the line it is about.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { colours, frame } from "./theme.js";

const QUIET_MS = 400; // how long nobody types before it is checked
const BODY = "user-data.yaml";
const PARTS = /^parts\/(.+)\.yaml$/;

const form = document.querySelector("[data-editor]");
const findings = form.querySelector("[data-findings]");
const views = new Map([...form.querySelectorAll("[data-file]")].map((area) => [area.dataset.file, mount(area)]));
let due = 0;
let turn = 0;

// In a shadow root CodeMirror's styles are sheets, not <style> elements, which the content policy forbids.
function mount(area) {
  const host = document.createElement("div");
  host.className = "editor-host";
  area.after(host);
  area.hidden = true;
  const root = host.attachShadow({ mode: "open" });
  const path = area.dataset.file;
  const told = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    clearTimeout(due);
    due = setTimeout(check, QUIET_MS);
  });
  const state = EditorState.create({
    doc: area.value,
    extensions: [
      lineNumbers(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
      yaml(), syntaxHighlighting(colours), frame, told, EditorState.tabSize.of(2),
      keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ "aria-label": path, tabindex: "0", spellcheck: "false", autocapitalize: "none" }),
    ],
  });
  const view = new EditorView({ state, root, parent: root });
  form.querySelector(`label[for="${CSS.escape(area.id)}"]`).addEventListener("click", (event) => {
    event.preventDefault();
    host.closest("details").open = true;
    view.focus();
  });
  return view;
}

function texts() {
  const text = (path) => views.get(path)?.state.doc.toString() ?? "";
  const parts = [...views.keys()].filter((path) => PARTS.test(path) && text(path).trim());
  return {
    metadata: text("template.yaml"),
    body: text(BODY) || null,
    parts: Object.fromEntries(parts.map((path) => [PARTS.exec(path)[1], text(path)])),
    tests: text("tests.yaml"),
  };
}

async function check() {
  const mine = ++turn;
  try {
    const answer = await fetch("/api/v1/templates/validate", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
      body: JSON.stringify(texts()),
    });
    const said = await answer.json();
    if (mine !== turn) return;
    if (answer.ok) show(said.findings);
    else tell(`It cannot be checked: ${said.detail ?? answer.statusText}`);
  } catch {
    if (mine === turn) tell("It cannot be checked: the server does not answer.");
  }
}

const place = (finding) => finding.file || BODY;

function show(found) {
  for (const [path, view] of views) {
    const here = found.filter((finding) => place(finding) === path).map((finding) => mark(view.state.doc, finding));
    view.dispatch(setDiagnostics(view.state, here));
  }
  if (found.length === 0) tell("Nothing to say against it.");
  else findings.replaceChildren(list(found));
}

function mark(doc, { line, column, severity, message }) {
  const there = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const from = Math.min(there.from + Math.max(column, 1) - 1, there.to);
  return { from: from === there.to ? there.from : from, to: there.to, severity, message };
}

function list(found) {
  const all = document.createElement("ul");
  all.className = "editor-findings";
  for (const finding of found) {
    const item = document.createElement("li");
    item.className = `is-${finding.severity}`;
    const kind = document.createElement("b");
    kind.textContent = `${finding.severity} `;
    const go = document.createElement("button");
    go.type = "button";
    go.textContent = `${place(finding)}:${finding.line}`;
    go.addEventListener("click", () => visit(finding));
    item.append(kind, go, ` ${finding.message}`);
    all.append(item);
  }
  return all;
}

function visit(finding) {
  const view = views.get(place(finding));
  if (!view) return;
  view.dom.getRootNode().host.closest("details").open = true;
  view.dispatch({ selection: { anchor: mark(view.state.doc, finding).from }, scrollIntoView: true });
  view.focus();
}

function tell(text) {
  const said = document.createElement("p");
  said.textContent = text;
  findings.replaceChildren(said);
}

form.querySelector("[data-check]").remove(); // it is checked as one types
check();
