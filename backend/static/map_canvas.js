// The same map without WebGL: drawn on a canvas, one path for each look.

import { cellAt } from "./map_data.js";
import { marked } from "./map_looks.js";

export function drawnByCanvas({ holder, looks, onHover, onChoose }) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  holder.append(canvas);
  return new Painted(canvas, looks, onHover, onChoose);
}

class Painted {
  constructor(canvas, looks, onHover, onChoose) {
    Object.assign(this, { canvas, looks, places: [], chosen: null, layers: new Map(), told: [] });
    this.pen = canvas.getContext("2d");
    this.listen(onHover, onChoose);
    new ResizeObserver(() => this.cells && this.draw()).observe(canvas.parentElement);
  }

  listen(onHover, onChoose) {
    let held = null, moved = false;
    const point = (event) => ({ x: event.offsetX, y: event.offsetY });
    this.canvas.addEventListener("pointerdown", (event) => { held = point(event); moved = false; });
    this.canvas.addEventListener("pointermove", (event) => {
      const at = point(event);
      if (held && event.buttons) {
        moved ||= Math.hypot(at.x - held.x, at.y - held.y) > 4;
        if (moved) { this.shift(at.x - held.x, at.y - held.y); held = at; }
      } else onHover(this.at(at), at);
    });
    this.canvas.addEventListener("pointerup", (event) => { if (!moved) onChoose(this.at(point(event))); held = null; });
    this.canvas.addEventListener("pointerleave", () => { held = null; onHover(null); });
    this.canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(event.deltaY < 0 ? 0.5 : -0.5); }, { passive: false });
  }

  async grid(grid, places) {
    this.cells = grid;
    this.places = places;
    this.states = null;
    this.fit();
  }

  fit(_eased, box = this.cells.bounds) {
    const { width, height } = this.size();
    const [west, south, east, north] = box ?? [0, 0, 1, 1];
    this.middle = [(west + east) / 2, (south + north) / 2];
    this.shrunk = Math.cos((this.middle[1] * Math.PI) / 180);
    this.scale = Math.min((width - 40) / ((east - west) * this.shrunk), (height - 40) / (north - south));
    this.draw();
  }

  size() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    return { width, height };
  }

  x(lon) { return (lon - this.middle[0]) * this.shrunk * this.scale + this.size0.width / 2; }
  y(lat) { return (this.middle[1] - lat) * this.scale + this.size0.height / 2; }

  paint(states) {
    this.states = states;
    this.draw();
    return Promise.resolve();
  }

  draw() {
    const { pen, canvas, looks } = this;
    const size = (this.size0 = this.size());
    const ratio = window.devicePixelRatio || 1;
    canvas.width = size.width * ratio;
    canvas.height = size.height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = looks.water;
    pen.fillRect(0, 0, size.width, size.height);
    if (this.states) this.fill();
    this.layers.forEach((data, name) => this.above(name, data));
    this.outline(this.chosen);
    this.write();
    this.told.forEach((tell) => tell());
  }

  fill() {
    const { pen, looks } = this;
    const paths = looks.table.map(() => new Path2D());
    this.cells.cells.forEach((_, id) => this.trace(paths[looks.byByte[this.states[id]]], id));
    paths.forEach((path, number) => {
      pen.fillStyle = looks.colours[number];
      pen.fill(path);
      if (looks.marks[number]) {
        pen.fillStyle = marked(pen, looks.marks[number], looks.inks[number]);
        pen.fill(path);
      }
      pen.strokeStyle = looks.line;
      pen.lineWidth = 0.75;
      pen.stroke(path);
    });
  }

  trace(path, id) {
    const { ends, lon, lat } = this.cells;
    if (ends[id] === ends[id + 1]) return; // nobody knows where it lies
    path.moveTo(this.x(lon[ends[id]]), this.y(lat[ends[id]]));
    for (let at = ends[id] + 1; at < ends[id + 1]; at += 1) path.lineTo(this.x(lon[at]), this.y(lat[at]));
    path.closePath();
  }

  outline(id) {
    if (id === null) return;
    const path = new Path2D();
    this.trace(path, id);
    this.pen.strokeStyle = this.looks.chosen;
    this.pen.lineWidth = 3.5;
    this.pen.stroke(path);
  }

  write() {
    const { pen, looks } = this;
    pen.font = getComputedStyle(this.canvas).font;
    pen.textAlign = "center";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    for (const [lon, lat, name] of this.places) {
      pen.strokeStyle = looks.paper;
      pen.strokeText(name, this.x(lon), this.y(lat));
      pen.fillStyle = looks.ink;
      pen.fillText(name, this.x(lon), this.y(lat));
    }
  }

  above(name, data) {
    const { pen, looks } = this;
    for (const { geometry, properties } of data.features) {
      pen.strokeStyle = looks.ink;
      pen.fillStyle = looks.paper;
      if (geometry?.type === "LineString" && name !== "objects") {
        const { colour, width, dash } = this.stroke(name, properties);
        const path = new Path2D();
        geometry.coordinates.forEach(([lon, lat], at) => (at ? path.lineTo(this.x(lon), this.y(lat)) : path.moveTo(this.x(lon), this.y(lat))));
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.setLineDash(dash);
        pen.stroke(path);
        pen.setLineDash([]);
      } else if (geometry?.type === "Point") {
        pen.lineWidth = 1.5;
        pen.beginPath();
        pen.arc(this.x(geometry.coordinates[0]), this.y(geometry.coordinates[1]), 3.5, 0, 7);
        pen.fill();
        pen.stroke();
      }
    }
  }

  /** Return how a line of a layer is drawn. */
  stroke(name, { kind, accuracy, rate }) {
    const { tracks, ink } = this.looks;
    if (name === "segments") return { colour: ink, width: 1.5 + 5 * (rate ?? 0), dash: [] };
    if (kind === "place") return { colour: ink, width: 1.5, dash: [] };
    const colour = tracks[accuracy - 1];
    if (kind === "gap") return { colour, width: 2.5, dash: [1.5, 4] };
    return kind === "aside" ? { colour, width: 3.5, dash: [10, 5] } : { colour, width: 4.5, dash: [] };
  }

  at({ x, y }) {
    const { width, height } = this.size0;
    const lon = this.middle[0] + (x - width / 2) / (this.scale * this.shrunk);
    return cellAt(this.cells, [lon, this.middle[1] - (y - height / 2) / this.scale]);
  }

  choose(id) { this.chosen = id; this.draw(); }
  point([lon, lat]) { return { x: this.x(lon), y: this.y(lat) }; }
  zoom(by) { this.scale *= 2 ** by; this.draw(); }
  shift(x, y) { this.middle = [this.middle[0] - x / (this.scale * this.shrunk), this.middle[1] + y / this.scale]; this.draw(); }
  onMove(tell) { this.told.push(tell); }
  metresPerPixel() { return 111320 / this.scale; }
  layer(name, data) { if (data) this.layers.set(name, data); else this.layers.delete(name); this.draw(); }
  async recolour() { this.looks.read(); this.draw(); }
  async picture() { return this.canvas; }
}
