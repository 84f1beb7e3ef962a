// How she holds herself from moment to moment: breath, blinks, glances, nods, a mouth that follows her voice, her mood.
// It must not know the drawing: (time, what goes on) in, a pose of plain numbers out.

/**
 * @typedef {"connecting"|"listening"|"thinking"|"speaking"|"away"} Doing
 * @typedef {"calm"|"happy"|"playful"|"tender"|"shy"|"hurt"|"serious"} Mood of what she says, or said last
 * @typedef {{doing: Doing, mood: Mood, personSpeaks: boolean, level: number, brightness: number, still: boolean}} Scene
 *   level and brightness of her voice 0..1; still = reduced motion is wanted
 * @typedef {{breath: number, tilt: number, dx: number, dy: number, eyes: number, smile: number, gazeX: number, gazeY: number,
 *   brows: number, frown: number, mouth: number, wide: number, blush: number}} Pose breath -1..1; tilt degrees; frown
 *   degrees by which the brows' inner ends are raised (a worried look) or, below 0, drawn down; others 0..1 or drawing units
 */

/** @type {Record<Doing, {smile: number, gazeX: number, gazeY: number, brows: number, tilt: number}>} */
const BEARING = {
  connecting: { smile: 0.55, gazeX: 0, gazeY: 1, brows: 0.1, tilt: 0 },
  listening: { smile: 0.75, gazeX: 0, gazeY: 0, brows: 0.25, tilt: 2.4 },
  thinking: { smile: 0.4, gazeX: 6, gazeY: -6, brows: 0.8, tilt: -3 },
  speaking: { smile: 0.9, gazeX: 0, gazeY: 0, brows: 0.35, tilt: 0 },
  away: { smile: 0.15, gazeX: 0, gazeY: 4, brows: 0, tilt: 0 },
};

/** What a mood adds to the bearing. @type {Record<Mood, {smile: number, gazeX: number, gazeY: number, brows: number, tilt: number, frown: number, blush: number}>} */
const COLOURS = {
  calm: { smile: 0, gazeX: 0, gazeY: 0, brows: 0, tilt: 0, frown: 0, blush: 0 },
  happy: { smile: 0.25, gazeX: 0, gazeY: 0, brows: 0.2, tilt: 0, frown: 0, blush: 0.15 },
  playful: { smile: 0.15, gazeX: 2, gazeY: 0, brows: 0.4, tilt: 3, frown: 0, blush: 0.1 },
  tender: { smile: -0.3, gazeX: 0, gazeY: 1, brows: 0, tilt: 2.5, frown: 6, blush: 0 },
  shy: { smile: -0.1, gazeX: -4, gazeY: 5, brows: 0.1, tilt: -2.5, frown: 3, blush: 0.3 },
  hurt: { smile: -0.75, gazeX: 0, gazeY: 4, brows: -0.1, tilt: -1, frown: 9, blush: -0.2 },
  serious: { smile: -0.6, gazeX: 0, gazeY: 0, brows: -0.2, tilt: 0, frown: -4, blush: -0.2 },
};
const LINGERS = 0.6; // of a mood that stays while she does not speak

const BLINK = 0.17; // s
const NOD = 0.7; // s

/** Moves a value towards its goal, the faster the larger `rate` (1/s), whatever the frame rate. */
export const approach = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ rate, /** @type {number} */ dt) =>
  to + (from - to) * Math.exp(-rate * dt);

/** @param {number} since s since the blink began @returns {number} 1 open, 0 shut */
export function lids(since) {
  if (since < 0 || since > BLINK) return 1;
  const x = since / BLINK;
  return x < 0.4 ? 1 - x / 0.4 : (x - 0.4) / 0.6;
}

/** @param {{smile: number, gazeX: number, gazeY: number, brows: number, tilt: number}} bearing @param {Scene} scene */
function coloured(bearing, { doing, mood }) {
  const colour = COLOURS[mood] ?? COLOURS.calm;
  const much = doing === "speaking" ? 1 : doing === "connecting" || doing === "away" ? 0 : LINGERS;
  return {
    smile: Math.min(1, Math.max(0.05, bearing.smile + much * colour.smile)),
    gazeX: bearing.gazeX + much * colour.gazeX,
    gazeY: bearing.gazeY + much * colour.gazeY,
    brows: Math.max(0, bearing.brows + much * colour.brows),
    tilt: bearing.tilt + much * colour.tilt,
    frown: much * colour.frown,
    blush: much * colour.blush,
  };
}

export class Motion {
  /** @param {() => number} random 0..1, given for tests */
  constructor(random = Math.random) {
    this.random = random;
    this.blinkAt = 1.5;
    this.glanceAt = 2;
    this.nodAt = Infinity;
    this.glance = { x: 0, y: 0 };
    /** @type {Pose} */
    this.pose = { breath: 0, tilt: 0, dx: 0, dy: 0, eyes: 1, smile: 0.6, gazeX: 0, gazeY: 0, brows: 0, frown: 0, mouth: 0, wide: 0, blush: 0.7 };
  }

  /** @param {number} t s @param {number} dt s @param {Scene} scene @returns {Pose} */
  step(t, dt, scene) {
    const { pose } = this;
    const bearing = coloured(BEARING[scene.doing], scene);
    if (t > this.blinkAt + BLINK) this.blinkAt = t + 1.8 + 3.6 * this.random();
    if (t > this.glanceAt) this.#lookAround(t, scene.doing);
    this.#listenAlong(t, scene);

    const talking = scene.doing === "speaking" || scene.level > 0.12 ? scene.level : 0;
    pose.mouth = approach(pose.mouth, talking ** 1.3, talking > pose.mouth ? 38 : 20, dt);
    pose.wide = approach(pose.wide, talking > 0.05 ? (scene.brightness - 0.36) * 4 : 0, 12, dt);
    pose.wide = Math.max(-1, Math.min(1, pose.wide));
    pose.smile = approach(pose.smile, bearing.smile - 0.25 * pose.mouth, 5, dt);
    pose.brows = approach(pose.brows, bearing.brows + 0.5 * pose.mouth, 8, dt);
    pose.frown = approach(pose.frown, bearing.frown, 5, dt);
    pose.blush = approach(pose.blush, Math.min(1, (scene.doing === "speaking" ? 0.85 : 0.7) + bearing.blush), 1, dt);
    pose.eyes = lids(t - this.blinkAt) * (1 + 0.06 * pose.brows);
    pose.gazeX = approach(pose.gazeX, bearing.gazeX + this.glance.x, 18, dt);
    pose.gazeY = approach(pose.gazeY, bearing.gazeY + this.glance.y, 18, dt);
    if (scene.still) return { ...pose, breath: 0, tilt: 0, dx: 0, dy: 0, gazeX: 0, gazeY: 0 };

    const nod = t - this.nodAt;
    const dip = nod >= 0 && nod < NOD ? 7 * Math.sin((nod / NOD) * Math.PI) ** 2 : 0;
    pose.breath = Math.sin(t * 1.55);
    pose.tilt = approach(pose.tilt, bearing.tilt + 1.2 * Math.sin(t * 0.53) + 0.8 * Math.sin(t * 1.31), 2.5, dt);
    pose.dx = 3 * Math.sin(t * 0.41 + 1) + pose.gazeX * 0.4;
    pose.dy = approach(pose.dy, dip - 5 * pose.mouth + 1.6 * pose.breath, 14, dt);
    return pose;
  }

  /** Eyes are never quite at rest; while thinking they wander more. @param {number} t @param {Doing} doing */
  #lookAround(t, doing) {
    const reach = doing === "thinking" ? 4 : 2;
    const away = this.random() < 0.45;
    this.glance = away ? { x: reach * (2 * this.random() - 1), y: 0.6 * reach * (2 * this.random() - 1) } : { x: 0, y: 0 };
    this.glanceAt = t + (away ? 0.5 + this.random() : 1.2 + 2.5 * this.random());
  }

  /** While the person speaks she nods now and then, as one does. @param {number} t @param {Scene} scene */
  #listenAlong(t, scene) {
    if (!scene.personSpeaks) {
      if (t > this.nodAt + NOD) this.nodAt = Infinity;
    } else if (this.nodAt === Infinity || t > this.nodAt + NOD) {
      this.nodAt = t + 0.9 + 2.2 * this.random();
    }
  }
}
