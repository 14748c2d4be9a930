// The map by WebGL: MapLibre without a base map. Only states of features change, no geometry.

import { markTile } from "./map_looks.js";

const MANY = 5000; // cells; above, no outlines, and patterns only close by

export function hasWebGL() {
  return document.createElement("canvas").getContext("webgl2") !== null;
}

export async function drawnByWebGL({ holder, looks, base, worker, onHover, onChoose }) {
  const maplibre = window.maplibregl;
  maplibre.setWorkerUrl(worker);
  const map = new maplibre.Map({
    container: holder,
    style: { version: 8, sources: {}, layers: [] },
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
  map.touchZoomRotate.disableRotation();
  const canvas = map.getCanvas();
  canvas.tabIndex = -1;
  canvas.removeAttribute("role");
  canvas.removeAttribute("aria-label");
  canvas.setAttribute("aria-hidden", "true");
  await new Promise((done) => map.once("load", done));
  const shown = new Painted(map, looks, base);
  map.on("mousemove", (event) => onHover(shown.at(event.point), event.point));
  map.on("mouseout", () => onHover(null));
  map.on("click", (event) => onChoose(shown.at(event.point)));
  return shown;
}

function label(map, [lon, lat, name]) {
  const element = Object.assign(document.createElement("span"), { textContent: name, className: "map-place" });
  return new window.maplibregl.Marker({ element }).setLngLat([lon, lat]).addTo(map);
}

class Painted {
  constructor(map, looks, base) {
    this.map = map;
    this.looks = looks;
    this.held = new Int16Array(0);
    map.addLayer({ id: "ground", type: "background", paint: { "background-color": looks.water } });
    base.forEach(({ tiles, attribution }, number) => {
      map.addSource(`base-${number}`, { type: "raster", tiles, tileSize: 256, attribution, maxzoom: 18 });
      map.addLayer({ id: `base-${number}`, type: "raster", source: `base-${number}` });
    });
    this.opacity = base.length ? 0.72 : 1;
    this.layers = new Map();
  }

  /** Lay out the cells of a grid; they get their states by `paint`. */
  async grid(grid, places) {
    this.clear();
    this.cells = grid;
    this.places = places;
    this.labels = places.map((place) => label(this.map, place));
    this.held = new Int16Array(grid.cells.length).fill(-1);
    const features = grid.corners.flatMap((ring, id) =>
      ring.length
        ? [{ type: "Feature", id, properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } }]
        : []);
    const data = { type: "FeatureCollection", features };
    this.map.addSource("cells", { type: "geojson", data, tolerance: 0, buffer: 1 });
    this.style(features.length > MANY);
    this.fit(false);
    await new Promise((done) => this.map.once("idle", done));
  }

  clear() {
    for (const { source, id } of this.map.getStyle().layers) {
      if (source === "cells") this.map.removeLayer(id);
    }
    this.labels?.forEach((one) => one.remove());
    if (this.map.getSource("cells")) this.map.removeSource("cells");
  }

  style(many) {
    const { map, looks } = this;
    const first = this.layers.size ? [...this.layers.keys()][0] : undefined;
    const state = ["coalesce", ["feature-state", "s"], -1];
    const colours = looks.colours.flatMap((colour, number) => [number, colour]);
    map.addLayer({
      id: "cells", type: "fill", source: "cells",
      paint: {
        "fill-color": ["match", state, ...colours, looks.water],
        "fill-opacity": this.opacity,
        "fill-antialias": !many,
      },
    }, first);
    if (!many) {
      map.addLayer({ id: "outlines", type: "line", source: "cells", paint: { "line-color": looks.line, "line-width": 0.75 } }, first);
    }
    map.addLayer({
      id: "chosen", type: "line", source: "cells", filter: ["==", ["id"], -1],
      paint: { "line-color": looks.chosen, "line-width": 3.5 },
    }, first);
  }

  /** Lay the mark of a look over the cells that have it: only once some have, for each costs time. */
  mark(number) {
    const { map, looks, held } = this;
    const id = `mark-${number}`;
    if (!looks.marks[number] || map.getLayer(id)) return;
    if (map.hasImage(id)) map.removeImage(id);
    map.addImage(id, markTile(looks.marks[number], looks.inks[number]), { pixelRatio: 2 });
    const state = ["coalesce", ["feature-state", "s"], -1];
    map.addLayer({
      id, type: "fill", source: "cells", minzoom: held.length > MANY ? 12 : 0,
      paint: { "fill-pattern": id, "fill-opacity": ["case", ["==", state, number], 1, 0], "fill-antialias": false },
    }, map.getLayer("outlines") ? "outlines" : "chosen");
  }

  /** Colour the cells; the promise is kept once they are drawn. */
  paint(states) {
    const { map, looks, held } = this;
    for (let id = 0; id < held.length; id += 1) {
      const look = looks.byByte[states[id]];
      if (look !== held[id]) {
        map.setFeatureState({ source: "cells", id }, { s: look });
        held[id] = look;
      }
    }
    new Set(held).forEach((look) => this.mark(look));
    map.triggerRepaint();
    return new Promise((done) => map.once("render", done));
  }

  at(point) {
    const [found] = this.map.queryRenderedFeatures(point, { layers: ["cells"] });
    return found ? found.id : null;
  }

  choose(id) {
    this.map.setFilter("chosen", ["==", ["id"], id ?? -1]);
    const middle = id === null ? null : this.cells.middles[id];
    if (middle && !this.map.getBounds().contains(middle)) this.map.easeTo({ center: middle, duration: 0 });
  }

  /** Return where a place is drawn. */
  point(place) {
    const { x, y } = this.map.project(place);
    return { x, y };
  }

  fit(eased = true) {
    const box = this.cells.bounds;
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
    if (map.getLayer(name)) map.removeLayer(name);
    if (map.getSource(name)) map.removeSource(name);
    this.layers.delete(name);
    if (!data) return;
    map.addSource(name, { type: "geojson", data });
    map.addLayer(above(name, looks));
    this.layers.set(name, data);
  }

  recolour() {
    this.looks.read();
    this.map.setPaintProperty("ground", "background-color", this.looks.water);
    const layers = [...this.layers];
    layers.forEach(([name]) => this.layer(name, null));
    return this.grid(this.cells, this.places).then(() => layers.forEach(([name, data]) => this.layer(name, data)));
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

function above(name, looks) {
  if (name === "objects") {
    return {
      id: name, type: "circle", source: name, filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 1.5, 14, 5], "circle-color": looks.paper, "circle-stroke-color": looks.ink, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.75, 14, 1.5] },
    };
  }
  const share = ["coalesce", ["get", "rate"], 0];
  return {
    id: name, type: "line", source: name, layout: { "line-cap": "round" },
    paint: {
      "line-color": looks.ink,
      "line-width": ["step", share, 1.5, 0.25, 2.5, 0.5, 4, 0.75, 5.5, 1, 7],
      "line-dasharray": [1, 0],
    },
  };
}
