// The cells as one mesh, drawn in one call: to recolour all of them a byte each is sent, no shape.

const WIDE = 1024; // cells in a row of the texture that holds their looks
const FEW_PIXELS = 6; // of a cell; where it has fewer, marks and outlines would only be noise

const VERTEX = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
in vec2 corner;
in uint number;
uniform usampler2D states;
uniform vec4 onto;
uniform int chosen;
out float edge;
flat out ivec2 drawn;
void main() {
  int cell = int(number >> 1u);
  int look = int(texelFetch(states, ivec2(cell % ${WIDE}, cell / ${WIDE}), 0).r);
  drawn = ivec2(look, cell == chosen ? 1 : 0);
  edge = float(number & 1u);
  gl_Position = vec4(corner * onto.xy + onto.zw, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
in float edge;
flat in ivec2 drawn;
uniform sampler2D looks;
uniform int side;
uniform ivec2 shift;
uniform bool marked;
uniform float line;
uniform float bold;
uniform vec3 outline;
uniform vec3 chosenLine;
uniform float opacity;
out vec4 colour;
void main() {
  ivec2 at = (ivec2(gl_FragCoord.xy) - shift) & (side - 1);
  vec3 look = texelFetch(looks, ivec2(marked ? at.x : side, (drawn.x + 1) * side - 1 - at.y), 0).rgb;
  float width = drawn.y == 1 ? bold : line;
  if (width > 0.0) {
    float away = (1.0 - edge) / length(vec2(dFdx(edge), dFdy(edge)));
    look = mix(look, drawn.y == 1 ? chosenLine : outline, clamp(width + 0.5 - away, 0.0, 1.0));
  }
  colour = vec4(look, 1.0) * opacity;
}`;

/** A layer of MapLibre's own kind. `project` says where a place is drawn, in pixels. */
export class Mesh {
  constructor(id, program, grid, opacity) {
    Object.assign(this, { id, type: "custom", renderingMode: "2d", program, grid, opacity, chosen: -1 });
    this.states = new Uint8Array(WIDE * Math.max(1, Math.ceil(grid.cells.length / WIDE)));
    const [west, south, east, north] = grid.bounds ?? [0, 0, 0, 0];
    this.anchor = [(west + east) / 2, (south + north) / 2];
  }

  /** Take the look of each cell, by its number; drawn with the next picture. */
  paint(byCell) {
    this.states.set(byCell);
    this.stale = true;
  }

  /** Take colours and marks as they are now. */
  dress(looks, side, tiles) {
    Object.assign(this, { side, tiles, outline: rgb(looks.line), chosenLine: rgb(looks.chosen), undressed: true });
  }

  onAdd(map, gl) {
    this.map = map;
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(this.program));
    const { vertices, indices, count } = meshed(this.grid, mercator(this.anchor));
    this.count = count;
    this.at = (name) => gl.getUniformLocation(this.program, name);
    this.vao = gl.createVertexArray();
    gl.bindVertexArray(this.vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.STATIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 12, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_INT, 12, 8);
    gl.bindVertexArray(null);
    this.texture = { states: texture(gl), looks: texture(gl) };
    this.stale = this.undressed = true;
  }

  render(gl) {
    gl.useProgram(this.program);
    this.send(gl);
    gl.uniform1i(this.at("states"), 0);
    gl.uniform1i(this.at("looks"), 1);
    gl.uniform1i(this.at("chosen"), this.chosen);
    gl.uniform1i(this.at("side"), this.side);
    gl.uniform1f(this.at("opacity"), this.opacity);
    gl.uniform3fv(this.at("outline"), this.outline);
    gl.uniform3fv(this.at("chosenLine"), this.chosenLine);
    this.place(gl);
    gl.bindVertexArray(this.vao);
    gl.drawElements(gl.TRIANGLES, this.count, gl.UNSIGNED_INT, 0);
    gl.bindVertexArray(null);
  }

  /** Send what changed since the last picture. */
  send(gl) {
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture.states);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    if (this.stale) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, WIDE, this.states.length / WIDE, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, this.states);
    }
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.texture.looks);
    if (this.undressed) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, this.tiles);
    this.stale = this.undressed = false;
  }

  /** Say where the mesh lies in the picture: from a place near it, so that no digit is lost. */
  place(gl) {
    const { clientWidth: width, clientHeight: height } = this.map.getCanvas();
    const { x, y } = this.map.project(this.anchor);
    const world = 512 * 2 ** this.map.getZoom();
    gl.uniform4f(this.at("onto"), (2 * world) / width, (-2 * world) / height, (2 * x) / width - 1, 1 - (2 * y) / height);
    const ratio = gl.drawingBufferHeight / height;
    const large = this.grid.wide * world > FEW_PIXELS;
    gl.uniform2i(this.at("shift"), Math.round(x * ratio), Math.round((height - y) * ratio));
    gl.uniform1i(this.at("marked"), large);
    gl.uniform1f(this.at("line"), large ? 0.5 * ratio : 0);
    gl.uniform1f(this.at("bold"), 3 * ratio);
  }

  onRemove(_map, gl) {
    gl.deleteVertexArray(this.vao);
    Object.values(this.texture).forEach((one) => gl.deleteTexture(one));
  }
}

/** Return where a place lies in the square of Mercator, from 0 to 1. */
export function mercator([lon, lat]) {
  return [lon / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)];
}

/** Return triangles from the middle of each cell to its edges. */
function meshed({ ends, lon, lat }, [x, y]) {
  const cells = ends.length - 1, corners = lon.length;
  const vertices = new ArrayBuffer(12 * (corners + cells));
  const place = new Float32Array(vertices), number = new Uint32Array(vertices);
  const indices = new Uint32Array(3 * corners);
  let vertex = 0, count = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    const middle = vertex, first = ends[cell], last = ends[cell + 1];
    let sumX = 0, sumY = 0;
    for (let at = first; at < last; at += 1) {
      vertex += 1;
      const [east, south] = mercator([lon[at], lat[at]]);
      sumX += place[3 * vertex] = east - x;
      sumY += place[3 * vertex + 1] = south - y;
      number[3 * vertex + 2] = 2 * cell + 1;
      indices[count] = middle;
      indices[count + 1] = vertex;
      indices[count + 2] = at + 1 < last ? vertex + 1 : middle + 1;
      count += 3;
    }
    if (last === first) continue; // nobody knows where it lies
    place[3 * middle] = sumX / (last - first);
    place[3 * middle + 1] = sumY / (last - first);
    number[3 * middle + 2] = 2 * cell;
    vertex += 1;
  }
  return { vertices, indices, count };
}

/** Begin to make the program that draws; it is waited for where it is first used. */
export function program(gl) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.bindAttribLocation(made, 0, "corner");
  gl.bindAttribLocation(made, 1, "number");
  gl.linkProgram(made);
  return made;
}

function texture(gl) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  return made;
}

/** Return a colour of the style sheet, `#rrggbb`, as three parts from 0 to 1. */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
