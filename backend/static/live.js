// Follows new records: refreshes the quiet line, and tells the page that figures moved on.
// Elements with hx-trigger="xunji:moved from:body" load themselves anew; a list under somebody's
// eyes is not moved, it offers the new rows instead (`[data-newer]`). Rests in a hidden tab.

const line = document.querySelector("#standing[data-events]"); // who may not follow has none
const PATIENCE = 5_000; // milliseconds between two refreshments of figures

let stream = null;
let shown = null; // the position that the figures of this page count up to
let waiting = null;
let last = 0;

function tell(event) {
  const said = JSON.parse(event.data);
  for (const [name, text] of Object.entries(said.said)) {
    for (const place of line.querySelectorAll(`[data-live="${name}"]`)) {
      if (place.textContent !== text) place.textContent = text;
    }
  }
  if (shown !== null && said.position > shown) moved();
  shown = Math.max(shown ?? 0, said.position);
}

function moved() {
  for (const offer of document.querySelectorAll("[data-newer]")) offer.hidden = false;
  if (waiting !== null) return;
  waiting = setTimeout(
    () => {
      waiting = null;
      last = Date.now();
      document.body.dispatchEvent(new CustomEvent("xunji:moved"));
    },
    Math.max(0, last + PATIENCE - Date.now()),
  );
}

function open() {
  if (stream !== null || document.hidden) return;
  stream = new EventSource(line.dataset.events);
  stream.addEventListener("standing", tell);
  stream.addEventListener("ended", ended); // signed out, or too many listen
  stream.addEventListener("error", refused);
}

function refused() {
  if (stream?.readyState === EventSource.CLOSED) ended(); // else it tries again by itself
}

function ended() {
  close();
  dispatchEvent(new CustomEvent("xunji:session-in-doubt"));
}

function close() {
  stream?.close();
  stream = null;
}

if (line?.dataset.events) {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  addEventListener("xunji:signed-in", open);
  open();
}
