// The coverage map: what the server's page says, drawn; nothing here computes a figure.

import { drawnByCanvas } from "./map_canvas.js";
import { drawnByWebGL } from "./map_gl.js";
import { got, gridOf, statesOf } from "./map_data.js";
import { Looks } from "./map_looks.js";
import { pictured, roundLength } from "./map_picture.js";

const root = document.querySelector("#map-page");
const one = (selector) => root.querySelector(selector);
const all = (selector) => root.querySelectorAll(selector);
const told = JSON.parse(root.dataset.words);
const BEAT = 800; // milliseconds a step of the play
const parsed = new Promise((done) => document.addEventListener("DOMContentLoaded", done));

class CoverageMap {
  constructor(painter, looks) {
    Object.assign(this, { painter, looks, chosen: null, playing: 0, loading: 0 });
  }

  /** Take up what the page says now: which grid, which states. */
  async load(asked = asks(JSON.parse(root.dataset.given), this.grid)) {
    const turn = (this.loading += 1);
    const given = (this.given = JSON.parse(root.dataset.given));
    this.looks.take(given.looks);
    let [states, tiles, names, grid] = await Promise.all(asked);
    if (grid.hash !== states.hash) grid = await gridOf(given.cells.replace(given.hash, states.hash));
    if (turn !== this.loading) return;
    grid.bounds ??= given.places.length ? around(given.places.map(([lon, lat]) => ({ geometry: { type: "Point", coordinates: [lon, lat] } }))) : null;
    Object.assign(this, { states, tiles, names });
    if (grid !== this.grid) {
      this.chosen = null;
      this.grid = grid;
      await this.painter.grid(grid, given.places);
    }
    await this.show(given.at);
    this.controls();
    this.scale();
  }

  /** Show a step: on the map, on the tiles, in words. */
  async show(at) {
    this.at = at;
    const now = this.states.of(at);
    const drawn = this.painter.paint(now);
    const label = this.given.labels[at];
    all("[data-now]").forEach((element) => { element.textContent = label; });
    const slider = one("[data-slider]");
    slider.value = at;
    slider.setAttribute("aria-valuetext", label);
    this.tile(this.tiles.of(at));
    this.address();
    if (this.chosen !== null) this.read(this.chosen);
    await drawn;
  }

  tile(states) {
    all("[data-tile]").forEach((link) => {
      const byte = states[link.dataset.tile];
      const look = this.looks.name(byte), words = this.looks.words(byte);
      link.querySelector(".look").setAttribute("class", `look ${look}`);
      link.querySelector(".mark").setAttribute("class", `mark ${look}`);
      link.querySelector("[data-said]").textContent = short(words.split(/[:：]/)[0]);
      link.setAttribute("aria-label", `${link.querySelector("text").textContent}: ${words}`);
    });
  }

  /** Keep in the address what is shown, so that it can be sent to a colleague. */
  address() {
    const url = new URL(location);
    url.searchParams.set("at", this.given.steps[this.at].start);
    one("[name=at]").value = this.given.steps[this.at].start;
    history.replaceState(null, "", url);
  }

  controls() {
    for (const selector of ["[data-play]", "[data-slider]", "[data-actions]", "[data-layers]", "[data-readout]"]) one(selector).hidden = false;
    root.classList.add("drawn");
  }

  scale() {
    one("[data-scale]").hidden = this.grid.schematic; // tiles have no scale
    const { pixels, words } = roundLength(this.painter.metresPerPixel());
    const bar = one("[data-scale]");
    bar.style.width = `${pixels}px`;
    bar.textContent = words;
  }

  name(id) {
    return this.names[id] || this.grid.cells[id];
  }

  words(id) {
    return this.looks.words(this.states.of(this.at)[id]);
  }

  hover(id, point) {
    const tip = one("[data-tip]");
    tip.hidden = id === null;
    if (id === null) return;
    tip.textContent = `${this.name(id)} · ${this.words(id)}`;
    const wide = one("[data-stage]").clientWidth;
    tip.style.left = `${Math.min(point.x + 14, wide - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.max(8, point.y - 38)}px`;
  }

  choose(id) {
    if (id === null) return;
    this.chosen = id;
    this.painter.choose(id);
    this.read(id);
  }

  read(id) {
    const link = Object.assign(document.createElement("a"), { href: this.behind(id), textContent: told.behind });
    const name = Object.assign(document.createElement("strong"), { textContent: this.name(id) });
    one("[data-readout]").replaceChildren(name, ` ${this.given.labels[this.at]} · ${this.words(id)} `, link);
  }

  behind(id) {
    const [path, query] = this.given.cell.split("?");
    const said = new URLSearchParams(query);
    said.set("at", this.given.steps[this.at].start);
    said.set("cell", this.grid.cells[id]);
    return `${path}?${said}`;
  }

  /** Go to the nearest cell in a direction. */
  step(dx, dy) {
    const { middles } = this.grid;
    if (this.chosen === null) return this.choose(this.first());
    const [x, y] = middles[this.chosen];
    let best = null, least = Infinity;
    middles.forEach((other, id) => {
      if (!other || id === this.chosen) return;
      const [ex, ey] = [other[0] - x, other[1] - y];
      const along = ex * dx + ey * dy, aside = Math.abs(ex * dy - ey * dx);
      const cost = along + 2 * aside;
      if (along > 1e-9 && aside <= along * 1.8 && cost < least) [best, least] = [id, cost];
    });
    return best === null ? undefined : this.choose(best);
  }

  /** Return the cell to begin with: the one in the middle of the map. */
  first() {
    const [west, south, east, north] = this.grid.bounds;
    const far = ([x, y]) => Math.hypot(x - (west + east) / 2, y - (south + north) / 2);
    return this.grid.middles.reduce(
      (best, at, id) => (at && (best === null || far(at) < far(this.grid.middles[best])) ? id : best), null);
  }

  // ── play, layers, pictures ──

  play() {
    const button = one("[data-play]");
    if (this.playing) return this.pause();
    button.setAttribute("aria-pressed", "true");
    button.textContent = `❚❚ ${told.pause}`;
    const last = this.given.steps.length - 1;
    if (this.at === last) this.show(0);
    this.playing = setInterval(() => {
      if (this.at >= last) this.pause();
      else this.show(this.at + 1);
    }, BEAT);
    return undefined;
  }

  pause() {
    clearInterval(this.playing);
    this.playing = 0;
    const button = one("[data-play]");
    button.setAttribute("aria-pressed", "false");
    button.textContent = `▶ ${told.play}`;
    this.settle();
  }

  /** Ask the server for the words of the step that is shown. */
  settle() {
    return this.visit(new URL(location), false);
  }

  /** Take another page's words and data in place of these. */
  async visit(url, anew = true) {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) { location.assign(url); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".map-legend", ".map-chosen", "[data-table]", "[data-as-of]", "[data-whole]", ...(anew ? [".map-tiles", ".map-time"] : [])]) {
      one(part).replaceWith(page.querySelector(part));
    }
    root.dataset.given = page.querySelector("#map-page").dataset.given;
    if (!anew) { this.given = { ...JSON.parse(root.dataset.given) }; return; }
    history.replaceState(null, "", url);
    await this.load();
    await this.relayer();
  }

  async layer(name, on) {
    const data = on ? await got(this.given[name]).then((answer) => answer.json()) : null;
    this.painter.layer(name, data);
  }

  /** Ask which shift's tracks are to be opened; or put them away. */
  tracks(on) {
    const panel = one("#tracks"), asked = panel.querySelector("[data-tracks-asked]");
    panel.hidden = !on;
    if (on) window.htmx.ajax("GET", asked.dataset.tracksAsked, asked);
    else { asked.replaceChildren(); this.painter.layer("tracks", null); }
  }

  /** Draw the tracks that were opened, if any were. */
  opened(part) {
    const data = part.dataset.drawn ? JSON.parse(part.dataset.drawn) : null;
    this.painter.layer("tracks", data);
    if (data) this.painter.fit(false, around(data.features));
  }

  relayer() {
    return Promise.all([...all("[data-layer]:checked")].map((box) => this.layer(box.dataset.layer, true)));
  }

  async png() {
    const drawn = await this.painter.picture();
    const blob = await pictured({
      drawn,
      ratio: drawn.width / one("[data-map]").clientWidth,
      looks: this.looks,
      title: `${document.querySelector("h1").textContent} · ${this.given.labels[this.at]}`,
      subtitle: one(".map-chosen").textContent,
      places: this.given.places.map(([lon, lat, name]) => ({ ...this.painter.point([lon, lat]), name })),
      footer: [one("[data-as-of]").textContent, this.grid.schematic ? told.schematic : told.hexagons],
      north: told.north,
      metres: this.grid.schematic ? null : roundLength(this.painter.metresPerPixel()),
    });
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob),
      download: `xunji-map-${this.given.labels[this.at].replace(/[^\w-]+/g, "_")}.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listen(map) {
  const holder = one("[data-map]");
  holder.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) map.step(...ARROWS[event.key]);
    else if (event.key === "Enter" && map.chosen !== null) location.assign(map.behind(map.chosen));
    else if (event.key === "+" || event.key === "=") map.painter.zoom(0.5);
    else if (event.key === "-") map.painter.zoom(-0.5);
    else if (event.key === "0") map.painter.fit();
    else return;
    event.preventDefault();
  });
  root.addEventListener("input", (event) => {
    if (event.target.matches("[data-slider]")) map.show(Number(event.target.value));
  });
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-slider]")) map.settle();
    else if (event.target.matches("[data-tracks]")) map.tracks(event.target.checked);
    else if (event.target.matches("[data-layer]")) map.layer(event.target.dataset.layer, event.target.checked);
    else if (event.target.closest("[action='/map']") && event.target.form.reportValidity()) map.visit(asked());
  });
  root.addEventListener("htmx:afterSettle", () => { const part = one("#tracks .tracks"); if (part) map.opened(part); });
  one(".map-filters").addEventListener("submit", (event) => { event.preventDefault(); map.visit(asked()); });
  root.addEventListener("click", (event) => {
    const by = event.target.closest("[data-by]")?.dataset.by;
    const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (by) { event.preventDefault(); move(map, Number(by)); }
    else if (zoom === "0") map.painter.fit();
    else if (zoom) map.painter.zoom(Number(zoom));
    else if (event.target.closest("[data-play]")) map.play();
    else if (event.target.closest("[data-png]")) map.png();
    else if (event.target.closest("[data-print]")) window.print();
  });
  map.painter.onMove(() => map.scale());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", async () => {
    await map.painter.recolour();
    await map.show(map.at);
  });
}

/** Return words as they fit on a tile; the page's own are cut alike. */
const short = (words) => (words.length > 16 ? `${words.slice(0, 15)}…` : words);

/** Return the box around what is drawn, a little larger. */
function around(features) {
  const all = features.flatMap(({ geometry: { type, coordinates } }) => (type === "Point" ? [coordinates] : coordinates));
  const [lon, lat] = [0, 1].map((at) => all.map((one) => one[at]));
  const edge = 0.0015;
  return [Math.min(...lon) - edge, Math.min(...lat) - edge, Math.max(...lon) + edge, Math.max(...lat) + edge];
}

function move(map, by) {
  const at = map.at + by;
  if (at >= 0 && at < map.given.steps.length) map.show(at).then(() => map.settle());
}

/** Return the address that the form asks for. */
function asked() {
  const said = new URLSearchParams(new FormData(one(".map-filters")));
  [...said].forEach(([name, value]) => value || said.delete(name));
  return new URL(`${location.pathname}?${said}`, location);
}

/** Ask for all that the page names, at once; for the grid only where it is another. */
function asks(given, held) {
  return [
    statesOf(given.states),
    statesOf(given.tileStates),
    got(given.names).then((answer) => answer.json()),
    held?.hash === given.hash ? held : gridOf(given.cells),
  ];
}

async function begin() {
  const given = JSON.parse(root.dataset.given);
  const asked = asks(given);
  const looks = new Looks(given.looks);
  one("[data-stage]").hidden = false;
  await parsed;
  let map = null;
  const painted = {
    holder: one("[data-map]"),
    looks,
    base: given.base,
    worker: new URL(root.dataset.worker, location).href,
    onHover: (id, point) => map?.grid && map.hover(id, point),
    onChoose: (id) => map?.choose(id),
  };
  const byWebGL = drawnByWebGL(painted);
  map = new CoverageMap(byWebGL ?? drawnByCanvas(painted), looks);
  await map.load(asked);
  listen(map);
  window.coverageMap = map;
  performance.mark("map-ready");
  root.dataset.ready = byWebGL ? "webgl" : "canvas";
}

begin().catch((fault) => {
  one("[data-stage]").hidden = true; // tiles and table say the same
  throw fault;
});
