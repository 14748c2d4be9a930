// What the map is drawn from: a grid, sent once, and a byte for each cell and step.

const MAGIC = "XJMC";
const HEAD = 48;
const MICRO = 1e6;

/** Fetch, and throw with the address where the answer is no success. */
export async function got(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer;
}

/** Return a grid by its hash, at its address; the newest where that one is no more. */
export async function gridOf(url) {
  const named = await fetch(url);
  const answer = named.status === 404 ? await got(url.replace(/\/[0-9a-f]+(?=$|\?)/, "")) : named;
  return unfolded(await answer.json());
}

/**
 * Return the cells with their corners in degrees, one after the other: those of cell n are
 * `ends[n]` to `ends[n + 1]`. `wide`: about how wide a cell is, as a part of the equator.
 */
export function unfolded({ cells, rings, schematic, hash }) {
  const ends = new Uint32Array(rings.length + 1);
  rings.forEach((ring, id) => { ends[id + 1] = ends[id] + ring.length / 2; });
  const lon = new Float64Array(ends.at(-1)), lat = new Float64Array(ends.at(-1));
  rings.forEach((ring, id) => {
    let east = 0, north = 0;
    for (let at = 0; at < ring.length; at += 2) {
      lon[ends[id] + at / 2] = (east += ring[at]) / MICRO;
      lat[ends[id] + at / 2] = (north += ring[at + 1]) / MICRO;
    }
  });
  const middles = rings.map((ring, id) => (ring.length ? middle(lon, lat, ends[id], ends[id + 1]) : null));
  return { cells, ends, lon, lat, schematic, hash, middles, bounds: bounds(lon, lat), wide: wide(ends, lon) };
}

function middle(lon, lat, first, last) {
  let x = 0, y = 0;
  for (let at = first; at < last; at += 1) { x += lon[at]; y += lat[at]; }
  return [x / (last - first), y / (last - first)];
}

function bounds(lon, lat) {
  let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
  for (let at = 0; at < lon.length; at += 1) {
    west = Math.min(west, lon[at]); east = Math.max(east, lon[at]);
    south = Math.min(south, lat[at]); north = Math.max(north, lat[at]);
  }
  return west < east ? [west, south, east, north] : null;
}

function wide(ends, lon) {
  const first = ends.findIndex((end) => end > 0);
  const some = first < 1 ? [] : lon.subarray(ends[first - 1], ends[first]);
  return some.length ? (Math.max(...some) - Math.min(...some)) / 360 : 0;
}

/** Return the number of the cell in which a place lies, or null. */
export function cellAt({ ends, lon, lat }, [x, y]) {
  for (let id = ends.length - 2; id >= 0; id -= 1) {
    let within = false;
    for (let one = ends[id], other = ends[id + 1] - 1; one < ends[id + 1]; other = one, one += 1) {
      if (lat[one] > y !== lat[other] > y && x < ((lon[other] - lon[one]) * (y - lat[one])) / (lat[other] - lat[one]) + lon[one]) within = !within;
    }
    if (within) return id;
  }
  return null;
}

/** Return `{ hash, of(step) }`: the states of all cells, step by step. */
export async function statesOf(url) {
  return decoded(await (await got(url)).arrayBuffer());
}

export function decoded(buffer) {
  const head = new DataView(buffer, 0, HEAD);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== MAGIC || head.getUint8(4) !== 1) throw new Error("states of another version");
  const cells = head.getUint32(8, true);
  const hash = [...new Uint8Array(buffer, 16, 32)].map(hex).join("");
  return { hash, of: (step) => new Uint8Array(buffer, HEAD + step * cells, cells) };
}

const hex = (byte) => byte.toString(16).padStart(2, "0");
