// What the map is drawn from: a grid, sent once, and a byte for each cell and step.

const MAGIC = "XJMC";
const HEAD = 48;
const MICRO = 1e6;

/** Fetch, and throw with the address where the answer is no success. */
export async function got(url, type) {
  const answer = await fetch(url, { headers: { accept: type } });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer;
}

/** Return a grid by its hash; the newest where that one is no more. */
export async function gridOf(name, hash) {
  const named = await fetch(`/grids/${name}/${hash}`);
  const answer = named.status === 404 ? await got(`/grids/${name}`, "application/json") : named;
  return unfolded(await answer.json());
}

/** Return the cells with their corners in degrees, and their middles. */
export function unfolded({ cells, rings, schematic, hash }) {
  const corners = rings.map(absolute);
  return { cells, corners, schematic, hash, middles: corners.map(middle), bounds: bounds(corners) };
}

function absolute(ring) {
  const found = [];
  let lon = 0, lat = 0;
  for (let at = 0; at < ring.length; at += 2) {
    lon += ring[at];
    lat += ring[at + 1];
    found.push([lon / MICRO, lat / MICRO]);
  }
  return found;
}

function middle(ring) {
  if (!ring.length) return null;
  const sum = ring.reduce(([x, y], [lon, lat]) => [x + lon, y + lat], [0, 0]);
  return [sum[0] / ring.length, sum[1] / ring.length];
}

function bounds(corners) {
  let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
  for (const ring of corners) {
    for (const [lon, lat] of ring) {
      west = Math.min(west, lon); east = Math.max(east, lon);
      south = Math.min(south, lat); north = Math.max(north, lat);
    }
  }
  return west < east ? [west, south, east, north] : null;
}

/** Return `{ hash, of(step) }`: the states of all cells, step by step. */
export async function statesOf(url) {
  return decoded(await (await got(url, "application/octet-stream")).arrayBuffer());
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
