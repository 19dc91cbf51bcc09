// htmx as our pages use it: no history, nothing evaluated, an error's page is never drawn into a page.
import htmx from "htmx.org/dist/htmx.esm.js";

window.htmx = htmx; // where its extensions look for it
htmx.config.history = false;
htmx.config.noSwap.push("4xx", "5xx");
htmx.config.sse = { reconnectMaxDelay: 5000 };

function Refuse() {
  throw new Error("attributes hold no code here");
}

htmx.registerExtension("gough", {
  init: (api) => api.initSecurity(null, Refuse, Refuse),
  htmx_config_request: (_element, { ctx }) => {
    ctx.request.redirect = "error"; // whoever is signed out is sent to another page
  },
  htmx_before_swap: (_element, { tasks }) => {
    for (const { fragment } of tasks) {
      document.dispatchEvent(new CustomEvent("gough:fresh", { detail: fragment }));
      name(fragment);
    }
  },
  // What a person has opened or is filling in stays as it is.
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.matches("details")),
  htmx_before_morph_node: (element) => !element.matches?.("details.confirm[open]"),
});

// Morphing finds an element again by its id; ours say data-key, which need only be unique on the page.
export function name(root) {
  for (const each of root.querySelectorAll("[data-key]:not([id])")) each.id = `key-${each.dataset.key}`;
}

export default htmx;
