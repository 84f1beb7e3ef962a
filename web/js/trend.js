// How the totals went from call to call, as a small drawn line. Pure: numbers in, an SVG out.
// It must not know sessions.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 80;
const EDGE = 10;

/** @param {string} tag @param {Record<string, string|number>} attributes @param {...(Node|string)} children @returns {any} */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number[]} totals 0..100, oldest first, at least two @returns {SVGSVGElement} */
export function trend(totals) {
  const x = (/** @type {number} */ i) => EDGE + (i * (WIDTH - 2 * EDGE)) / (totals.length - 1);
  const y = (/** @type {number} */ total) => HEIGHT - EDGE - (total * (HEIGHT - 2 * EDGE)) / 100;
  const told = `지난 통화의 총점: ${totals.join(", ")}`;
  const middle = y(50);
  return draw(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "trend-drawing", role: "img", "aria-label": told },
    draw("line", { x1: 0, x2: WIDTH, y1: middle, y2: middle, class: "trend-middle" }),
    draw("polyline", { points: totals.map((total, i) => `${x(i).toFixed(1)},${y(total).toFixed(1)}`).join(" "), class: "trend-path" }),
    ...totals.map((total, i) => draw("circle", { cx: x(i), cy: y(total), r: i === totals.length - 1 ? 5 : 3, class: "trend-point" })),
  );
}
