// CodeMirror in the portal's colours; custom properties reach into shadow roots, light and dark alike.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--busy)" },
  { tag: [tags.comment, tags.lineComment, tags.meta], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.labelName], color: "var(--warn)" },
]);

const marked = (colour) => ({
  backgroundImage: "none", textDecoration: `underline wavy var(${colour})`, textUnderlineOffset: "3px",
});

export const frame = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--sunk)", fontSize: "12.5px", maxHeight: "62vh" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": {
    backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "6px",
    maxWidth: "60ch", whiteSpace: "normal",
  },
  ".cm-lintRange-error": marked("--bad"),
  ".cm-lintRange-warning": marked("--warn"),
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
});
