// The shapes of a drawn face: how an eye or a mouth looks when it is open so far. Pure geometry, numbers to path text.
// It must not know the drawing it is used on, time, or sound.

/** @typedef {[number, number, number, number, number, number]} Eye outer x y, inner x y, height above, depth below */
/** @typedef {[number, number, number]} Mouth centre x y, half width; all in the drawing's units */

const fixed = (/** @type {number} */ n) => Math.round(n * 10) / 10;
const points = (/** @type {number[]} */ ...numbers) => numbers.map(fixed).join(" ");

/**
 * @param {Eye} eye @param {number} open 0 shut … 1 as drawn … 1.2 wide @param {number} smile 0..1, lifts the lower lid
 * @returns {{shape: string, lash: string}} the eye's outline, and its upper edge
 */
export function eyePaths([x1, y1, x2, y2, up, down], open, smile = 0) {
  const width = x2 - x1;
  const below = down * (1 - 0.55 * smile * open);
  const above = -down + (up + down) * open;
  const lash = `M${points(x1, y1)}C${points(x1 + 0.2 * width, y1 - above, x1 + 0.83 * width, y1 - above, x2, y2)}`;
  const lower = `C${points(x1 + 0.8 * width, y2 + below, x1 + 0.2 * width, y1 + below, x1, y1)}Z`;
  return { shape: lash + lower, lash };
}

/**
 * @param {Mouth} mouth @param {number} open 0..1 @param {number} wide -1 round (오) … 1 wide (이) @param {number} smile 0..1
 * @returns {{shape: string, top: number, bottom: number}} its outline, and where it begins and ends
 */
export function mouthPath([cx, cy, half], open, wide, smile) {
  const reach = half * (1 + 0.1 * wide - 0.3 * open * Math.max(0, -wide) + 0.09 * smile - 0.08 * open);
  const corner = cy - 7 * smile - 1.5 + 5 * open;
  const top = cy + 7 * smile + 1 - 15 * open;
  const bottom = cy + 7 * smile + 1 + (44 - 8 * wide) * open;
  const left = cx - reach;
  const right = cx + reach;
  const inner = 0.52 * reach;
  const shape =
    `M${points(left, corner)}C${points(cx - inner, top, cx + inner, top, right, corner)}` +
    `C${points(cx + inner, bottom, cx - inner, bottom, left, corner)}Z`;
  return { shape, top: (corner + 3 * top) / 4, bottom: (corner + 3 * bottom) / 4 };
}
