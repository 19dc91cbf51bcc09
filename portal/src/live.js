// Live pages without blinking: an event arrives, the fragment is fetched again, and what differs is changed in place.
// <body data-live="its address" data-after="position" data-machine="only this one's"> holds <div id="live">.
import htmx, { name } from "./htmx.js";
import "htmx.org/dist/ext/hx-sse.js";

const { live, machine, after } = document.body.dataset;
const GATHER_MS = 150; // events come in bunches
const POLL_MS = 5000; // without a stream
const REFRESH_MS = 15000; // with one: MAAS statuses change without an event

let due = 0;
let isConnected = false;
let wasConnected = false;

function refresh() {
  due = 0;
  if (document.hidden) return;
  htmx.ajax("GET", live, {
    source: "#main", target: "#live", select: "#live", selectOOB: "#paused:outerMorph", swap: "outerMorph",
  });
}

function connected(is) {
  isConnected = is;
  document.body.dataset.stream = is ? "open" : "closed";
}

function soon() {
  due ||= setTimeout(refresh, GATHER_MS);
}

function follow(body) {
  const query = new URLSearchParams({ ...(after && { after }), ...(machine && { machine, heartbeats: "true" }) });
  body.setAttribute("hx-sse:connect", `/api/v1/events/stream?${query}`);
  body.setAttribute("hx-trigger", "load, every 30s"); // where all streams were taken, there may be one later
  body.setAttribute("hx-swap", "none");
  document.getElementById("main").setAttribute("hx-sync", "queue last");
  body.addEventListener("timeline", soon);
  body.addEventListener("heartbeat", soon);
  body.addEventListener("htmx:sse:before:connection", () => connected(false));
  body.addEventListener("htmx:sse:close", () => connected(false));
  body.addEventListener("htmx:sse:after:connection", () => {
    connected(true);
    if (wasConnected) soon();
    wasConnected = true;
  });
  let turn = 0;
  setInterval(() => {
    turn += POLL_MS;
    if (!isConnected || turn % REFRESH_MS === 0) refresh();
  }, POLL_MS);
  document.addEventListener("visibilitychange", soon);
}

if (live) {
  name(document);
  follow(document.body);
}
