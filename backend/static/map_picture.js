// The map as a picture to keep: with title, legend, north, scale and the record it counts up to.

import { marked } from "./map_looks.js";

const EDGE = 24, ROW = 24, HEAD = 72, FOOT = 56;

/** Return a PNG of what is drawn, as a blob. */
export function pictured({ drawn, ratio, looks, title, subtitle, footer, places, north, metres }) {
  const width = Math.max(drawn.width / ratio, 480), height = drawn.height / ratio;
  const rows = legendRows(looks, width);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const high = HEAD + height + 12 + rows.length * ROW + FOOT;
  canvas.width = (width + 2 * EDGE) * ratio;
  canvas.height = high * ratio;
  pen.scale(ratio, ratio);
  pen.fillStyle = looks.paper;
  pen.fillRect(0, 0, width + 2 * EDGE, high);
  write(pen, title, EDGE, 34, `700 20px ${FONT}`, looks.ink);
  write(pen, subtitle, EDGE, 58, `14px ${FONT}`, looks.quiet);
  pen.drawImage(drawn, EDGE, HEAD, drawn.width / ratio, height);
  places.forEach((one) => named(pen, one, width, height, looks));
  arrow(pen, EDGE + width - 28, HEAD + 14, north, looks);
  if (metres) scale(pen, EDGE + 12, HEAD + height - 14, metres, looks);
  rows.forEach((row, at) => row.forEach((one) => swatch(pen, one, HEAD + height + 14 + at * ROW, looks)));
  footer.forEach((line, at) => write(pen, line, EDGE, high - FOOT + 26 + at * 18, `12px ${FONT}`, looks.quiet));
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

const FONT = '"Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';

function write(pen, text, x, y, font, colour) {
  pen.font = font;
  pen.fillStyle = colour;
  pen.textAlign = "left";
  pen.fillText(text, x, y);
}

function named(pen, { x, y, name }, width, height, looks) {
  if (x < 0 || y < 0 || x > width || y > height) return;
  pen.font = `600 13px ${FONT}`;
  const left = EDGE + x - pen.measureText(name).width / 2;
  pen.strokeStyle = looks.paper;
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeText(name, left, HEAD + y + 5);
  write(pen, name, left, HEAD + y + 5, pen.font, looks.ink);
}

/** Divide the legend into rows that fit. */
function legendRows(looks, width) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `13px ${FONT}`;
  const rows = [[]];
  let x = 0;
  looks.table.forEach(([, , , words], number) => {
    const wide = 36 + pen.measureText(words).width + 20;
    if (x && x + wide > width) { rows.push([]); x = 0; }
    rows.at(-1).push({ number, words, x: EDGE + x });
    x += wide;
  });
  return rows;
}

function swatch(pen, { number, words, x }, y, looks) {
  pen.fillStyle = looks.colours[number];
  pen.fillRect(x, y, 28, 16);
  if (looks.marks[number]) {
    pen.fillStyle = marked(pen, looks.marks[number], looks.inks[number]);
    pen.fillRect(x, y, 28, 16);
  }
  pen.strokeStyle = looks.quiet;
  pen.lineWidth = 1;
  pen.strokeRect(x + 0.5, y + 0.5, 27, 15);
  write(pen, words, x + 36, y + 13, `13px ${FONT}`, looks.ink);
}

function arrow(pen, x, y, letter, looks) {
  pen.fillStyle = looks.ink;
  pen.beginPath();
  [[8, 0], [15, 22], [8, 17], [1, 22]].forEach(([dx, dy], at) => (at ? pen.lineTo(x + dx, y + dy) : pen.moveTo(x + dx, y + dy)));
  pen.fill();
  write(pen, letter, x + 2, y + 36, `600 12px ${FONT}`, looks.ink);
}

function scale(pen, x, y, { pixels, words }, looks) {
  pen.strokeStyle = looks.ink;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(x, y - 6);
  pen.lineTo(x, y);
  pen.lineTo(x + pixels, y);
  pen.lineTo(x + pixels, y - 6);
  pen.stroke();
  write(pen, words, x + 4, y - 8, `12px ${FONT}`, looks.ink);
}

/** Return a round length that is at most `most` pixels wide. */
export function roundLength(metresPerPixel, most = 110) {
  const whole = metresPerPixel * most;
  const power = 10 ** Math.floor(Math.log10(whole));
  const metres = [5, 2, 1].map((one) => one * power).find((one) => one <= whole);
  return { pixels: metres / metresPerPixel, words: metres >= 1000 ? `${metres / 1000} km` : `${metres} m` };
}
