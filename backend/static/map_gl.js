// The map by WebGL: MapLibre without a base map; the cells are a mesh of our own in it.

import { cellAt } from "./map_data.js";
import { lookTiles } from "./map_looks.js";
import { Mesh, program } from "./map_mesh.js";

/** Return the map, or null where there is no WebGL 2 (or no MapLibre). */
export function drawnByWebGL({ holder, looks, base, worker, onHover, onChoose }) {
  const map = opened(holder, styled(looks, base), worker);
  if (map === null) return null;
  map.touchZoomRotate.disableRotation();
  const canvas = map.getCanvas();
  canvas.tabIndex = -1;
  canvas.removeAttribute("role");
  canvas.removeAttribute("aria-label");
  canvas.setAttribute("aria-hidden", "true");
  const shown = new Painted(map, looks, base.length ? 0.72 : 1);
  map.on("mousemove", (event) => onHover(shown.at(event.point), event.point));
  map.on("mouseout", () => onHover(null));
  map.on("click", (event) => onChoose(shown.at(event.point)));
  return shown;
}

function opened(container, style, worker) {
  const maplibre = window.maplibregl;
  if (!maplibre) return null;
  maplibre.setWorkerUrl(worker);
  try {
    return new maplibre.Map({
      container,
      style,
      canvasContextAttributes: { contextType: "webgl2" },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      keyboard: false,
      fadeDuration: 0,
      renderWorldCopies: false,
      maxZoom: 17,
    });
  } catch (refusal) {
    if (!/WebGL/.test(refusal.message)) throw refusal;
    container.replaceChildren();
    return null;
  }
}

function styled(looks, base) {
  const name = (number) => `base-${number}`;
  return {
    version: 8,
    sources: Object.fromEntries(base.map(({ tiles, attribution }, number) =>
      [name(number), { type: "raster", tiles, tileSize: 256, attribution, maxzoom: 18 }])),
    layers: [
      { id: "ground", type: "background", paint: { "background-color": looks.water } },
      ...base.map((_, number) => ({ id: name(number), type: "raster", source: name(number) })),
    ],
  };
}

function label(map, [lon, lat, name]) {
  const element = Object.assign(document.createElement("span"), { textContent: name, className: "map-place" });
  return new window.maplibregl.Marker({ element }).setLngLat([lon, lat]).addTo(map);
}

class Painted {
  constructor(map, looks, opacity) {
    Object.assign(this, { map, looks, opacity, labels: [], layers: new Map() });
    this.styled = new Promise((done) => map.once("style.load", done));
    this.ready();
    map.on("webglcontextrestored", () => this.ready());
  }

  /** Make what draws the cells; once more where the graphics card has lost it. */
  ready() {
    const gl = this.map.getCanvas().getContext("webgl2");
    this.program = program(gl);
    if (this.mesh) Object.assign(this.mesh, { program: this.program }).onAdd(this.map, gl);
  }

  /** Lay out the cells of a grid; they get their states by `paint`. */
  async grid(grid, places) {
    this.cells = grid;
    await this.styled;
    if (this.mesh) this.map.removeLayer(this.mesh.id);
    this.mesh = new Mesh("cells", this.program, grid, this.opacity);
    this.dress();
    this.map.addLayer(this.mesh, this.layers.size ? `${this.layers.keys().next().value}-0` : undefined);
    this.labels.forEach((one) => one.remove());
    this.labels = places.map((place) => label(this.map, place));
    this.fit(false);
  }

  dress() {
    const side = window.devicePixelRatio > 1 ? 16 : 8;
    this.mesh.dress(this.looks, side, lookTiles(this.looks, side));
  }

  /** Colour the cells: at once, not with the browser's next picture. */
  paint(states) {
    this.mesh.paint(states.map((byte) => this.looks.byByte[byte]));
    this.map.redraw();
  }

  at(point) {
    return this.cells ? cellAt(this.cells, this.map.unproject(point).toArray()) : null;
  }

  choose(id) {
    this.mesh.chosen = id ?? -1;
    this.map.triggerRepaint();
    const middle = id === null ? null : this.cells.middles[id];
    if (middle && !this.map.getBounds().contains(middle)) this.map.easeTo({ center: middle, duration: 0 });
  }

  /** Return where a place is drawn. */
  point(place) {
    const { x, y } = this.map.project(place);
    return { x, y };
  }

  fit(eased = true, box = this.cells.bounds) {
    if (box) this.map.fitBounds(box, { padding: 28, duration: eased ? 200 : 0 });
  }

  zoom(by) {
    this.map.zoomTo(this.map.getZoom() + by, { duration: 0 });
  }

  onMove(told) {
    this.map.on("move", told);
  }

  metresPerPixel() {
    const { lat } = this.map.getCenter();
    return (40075016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
  }

  /** Show a layer above the cells, or hide it with null. */
  layer(name, data) {
    const { map, looks } = this;
    for (const { id, source } of map.getStyle().layers) if (source === name) map.removeLayer(id);
    if (map.getSource(name)) map.removeSource(name);
    this.layers.delete(name);
    if (!data) return;
    map.addSource(name, { type: "geojson", data });
    above(name, looks).forEach((layer, at) => map.addLayer({ id: `${name}-${at}`, source: name, ...layer }));
    this.layers.set(name, data);
  }

  /** Take the colours of another scheme. */
  recolour() {
    this.looks.read();
    this.map.setPaintProperty("ground", "background-color", this.looks.water);
    this.dress();
    [...this.layers].forEach(([name, data]) => this.layer(name, data));
    this.map.redraw();
  }

  /** Return what is drawn now as a canvas of its own. */
  picture() {
    return new Promise((done) => {
      this.map.once("render", () => {
        const drawn = this.map.getCanvas();
        const copy = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height });
        copy.getContext("2d").drawImage(drawn, 0, 0);
        done(copy);
      });
      this.map.triggerRepaint();
    });
  }
}

/** Return how a layer is drawn, from the lowest up. */
function above(name, looks) {
  if (name === "tracks") return tracks(looks);
  if (name === "objects") return [points(looks)];
  const share = ["coalesce", ["get", "rate"], 0];
  return [{
    type: "line", layout: { "line-cap": "round" },
    paint: { "line-color": looks.ink, "line-width": ["step", share, 1.5, 0.25, 2.5, 0.5, 4, 0.75, 5.5, 1, 7] },
  }];
}

function points(looks) {
  return {
    type: "circle", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 1.5, 14, 5], "circle-color": looks.paper, "circle-stroke-color": looks.ink, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.75, 14, 1.5] },
  };
}

function tracks(looks) {
  const of = (kind) => ["==", ["get", "kind"], kind];
  const colour = ["match", ["get", "accuracy"], 1, looks.tracks[0], 2, looks.tracks[1], looks.tracks[2]];
  const line = (kind, width, paint = {}) => ({
    type: "line", filter: of(kind), layout: { "line-cap": kind === "covers" ? "round" : "butt", "line-join": "round" },
    paint: { "line-color": colour, "line-width": width, ...paint },
  });
  const dot = (kind, radius, paint) => ({
    type: "circle", filter: ["all", of(kind), ["==", ["geometry-type"], "Point"]],
    paint: { "circle-radius": radius, "circle-stroke-width": 1.5, "circle-stroke-color": looks.ink, ...paint },
  });
  return [
    line("place", 9, { "line-color": looks.paper, "line-opacity": 0.85 }),
    line("place", 1.5, { "line-color": looks.ink }),
    dot("place", 9, { "circle-color": looks.paper, "circle-opacity": 0.6 }),
    line("gap", 2.5, { "line-dasharray": [0.6, 1.6] }),
    line("aside", 3.5, { "line-dasharray": [3, 1.4] }),
    line("covers", 4.5),
    dot("start", 5, { "circle-color": looks.tracks[0], "circle-stroke-color": looks.paper }),
  ];
}
