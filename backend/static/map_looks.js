// How states look: colours from the style sheet, so that light, dark and print follow it.

export class Looks {
  /** `table`: rows of first byte, last byte, name of the look, words. */
  constructor(table) {
    this.take(table);
  }

  take(table) {
    this.table = table;
    this.byByte = new Uint8Array(256).fill(table.length - 1);
    table.forEach(([first, last], number) => this.byByte.fill(number, first, last + 1));
    this.read();
  }

  /** Read colours and marks as they are now. */
  read() {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    this.colours = this.table.map(([, , look]) => value(`--map-${look}`));
    this.marks = this.table.map(([, , look]) => value(`--map-${look}-mark`));
    this.inks = this.table.map(([, , look]) => value(`--map-${look}-ink`));
    this.tracks = [1, 2, 3].map((accuracy) => value(`--map-track-${accuracy}`));
    this.line = value("--map-line");
    this.ink = value("--ink");
    this.paper = value("--card");
    this.quiet = value("--quiet");
    this.chosen = value("--map-chosen");
    this.water = value("--map-ground");
  }

  name(byte) {
    return this.table[this.byByte[byte]][2];
  }

  words(byte) {
    const [first, last, , words] = this.table[this.byByte[byte]];
    return first === last ? words : `${byte} %`;
  }
}

/** Return the tile of a mark, to be repeated: the same pictures as the page's SVG patterns. */
function markTile(mark, ink, ratio) {
  const side = 8 * ratio;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.fillStyle = pen.strokeStyle = ink;
  pen.lineWidth = 1.3;
  DRAW[mark](pen);
  return pen.getImageData(0, 0, side, side);
}

/** Return a tile for each look, one under the other; right of each a column of its bare colour. */
export function lookTiles({ colours, marks, inks }, side) {
  const canvas = Object.assign(document.createElement("canvas"), { width: side + 1, height: side * colours.length });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  colours.forEach((colour, number) => {
    pen.fillStyle = colour;
    pen.fillRect(0, number * side, side + 1, side);
    if (!marks[number]) return;
    pen.fillStyle = marked(pen, marks[number], inks[number], side / 8);
    pen.setTransform(1, 0, 0, 1, 0, number * side);
    pen.fillRect(0, 0, side, side);
    pen.resetTransform();
  });
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** Return a mark as a pattern to fill with. */
export function marked(pen, mark, ink, ratio = 1) {
  const tile = markTile(mark, ink, ratio);
  const canvas = Object.assign(document.createElement("canvas"), { width: tile.width, height: tile.height });
  canvas.getContext("2d").putImageData(tile, 0, 0);
  return pen.createPattern(canvas, "repeat");
}

const DRAW = {
  lines: (pen) => diagonals(pen, 1),
  cross: (pen) => { diagonals(pen, 1); diagonals(pen, -1); },
  dots: (pen) => [[2, 2], [6, 6]].forEach(([x, y]) => {
    pen.beginPath();
    pen.arc(x, y, 1.1, 0, 7);
    pen.fill();
  }),
  bars: (pen) => [0.5, 4.5].forEach((y) => pen.fillRect(0, y, 8, 1.5)),
};

function diagonals(pen, way) {
  pen.lineWidth = 1;
  pen.beginPath();
  for (const at of [-8, -4, 0, 4, 8]) {
    pen.moveTo(at - 1, way > 0 ? 9 : -1);
    pen.lineTo(at + 9, way > 0 ? -1 : 9);
  }
  pen.stroke();
}
