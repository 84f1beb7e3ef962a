// A drawn persona brought to life: loads the SVG into the page and sets each frame's pose on it.
// It must not know the call; it is told what she does and whose sound moves her mouth.
//
// What a portrait file offers (web/portraits/<id>.svg, viewBox 0 0 600 720, presentation attributes only, no <style>,
// no style="", no script; any element may be missing, then it just does not move):
//   #hair-back #body #head            groups, moved and turned (head about 300,440)
//   #cheeks                           shown more or less strongly
//   #eyes[data-left][data-right]      "outer-x outer-y inner-x inner-y height depth" of each eye
//   #left-eye-shape, #right-eye-shape clipPath > path: the visible eye, redrawn at each blink
//   #left-iris, #right-iris           moved by the gaze
//   #left-lash, #right-lash           path: the upper lid's edge
//   #left-crease, #right-crease       moved a little with the lid
//   #left-brow, #right-brow           moved up and down, turned a little by the mood
//   #mouth[data-mouth]                "centre-x centre-y half-width"
//   #mouth-shape                      clipPath > path: the open mouth;  #mouth-lips  path: its edge
//   #mouth-teeth #mouth-tongue        inside, moved as it opens;        #mouth-under  the line below it

import { eyePaths, mouthPath } from "./face.js";
import { Motion } from "./motion.js";

/** @typedef {import("./motion.js").Doing} Doing */
/** @typedef {{read(): {level: number, brightness: number}}} Voice */

const FRAME = 0.03; // s; about 30 a second: a drawing needs no more, and the call needs the processor

const ALLOWED = new Set(
  "svg g path circle ellipse rect line polyline polygon defs clipPath linearGradient radialGradient stop title desc mask use".split(" "),
);

/** Fetches a portrait and takes over its drawing only. @param {string} url @returns {Promise<SVGSVGElement>} */
export async function loadPortrait(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`portrait ${url}: ${response.status}`);
  const parsed = new DOMParser().parseFromString(await response.text(), "image/svg+xml");
  const root = /** @type {any} */ (parsed.documentElement);
  if (root.nodeName !== "svg") throw new Error(`portrait ${url}: not an SVG`);
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (!ALLOWED.has(element.nodeName)) element.remove();
    for (const { name } of [...element.attributes]) if (/^on|^style$|href$/i.test(name)) element.removeAttribute(name);
  }
  root.setAttribute("aria-hidden", "true");
  root.removeAttribute("role");
  root.querySelector("title")?.remove();
  return document.importNode(root, true);
}

export class Portrait {
  #motion = new Motion();
  #frame = 0;
  #then = 0;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {SVGSVGElement} svg in the document already */
  constructor(svg) {
    this.svg = svg;
    /** @type {Doing} */
    this.doing = "connecting";
    /** @type {import("./motion.js").Mood} */
    this.mood = "calm";
    this.personSpeaks = false;
    /** @type {Voice|null} */
    this.voice = null;
    const numbers = (/** @type {string} */ id, /** @type {string} */ name) =>
      svg.querySelector(`#${id}`)?.getAttribute(name)?.trim().split(/\s+/).map(Number);
    this.eyes = { left: numbers("eyes", "data-left"), right: numbers("eyes", "data-right") };
    this.mouth = numbers("mouth", "data-mouth");
    this.parts = Object.fromEntries([...svg.querySelectorAll("[id]")].map((element) => [element.id, element]));
  }

  start() {
    const step = (/** @type {number} */ now) => {
      if (now / 1000 - this.#then > FRAME) this.#draw(now / 1000);
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
  }

  /** @param {number} t s */
  #draw(t) {
    const dt = Math.min(0.1, t - (this.#then || t));
    this.#then = t;
    const sound = this.voice?.read() ?? { level: 0, brightness: 0 };
    const pose = this.#motion.step(t, dt, {
      doing: this.doing,
      mood: this.mood,
      personSpeaks: this.personSpeaks,
      still: this.#reduced.matches,
      ...sound,
    });
    this.#set("body", "transform", `translate(0 ${(-2.5 * pose.breath).toFixed(2)})`);
    this.#set("head", "transform", place(pose.dx, pose.dy - 2 * pose.breath, pose.tilt));
    this.#set("hair-back", "transform", place(pose.dx * 0.8, pose.dy * 0.8 - 2 * pose.breath, pose.tilt * 0.7));
    this.#set("cheeks", "opacity", pose.blush.toFixed(2));
    this.#eye("left", pose);
    this.#eye("right", pose);
    this.#speak(pose);
    this.svg.dataset.mouth = pose.mouth.toFixed(2);
    this.svg.dataset.mood = this.mood;
  }

  /** @param {"left"|"right"} side @param {import("./motion.js").Pose} pose */
  #eye(side, pose) {
    const eye = this.eyes[side];
    if (!eye) return;
    const { shape, lash } = eyePaths(/** @type {any} */ (eye), pose.eyes, pose.smile * 0.8);
    this.parts[`${side}-eye-shape`]?.firstElementChild?.setAttribute("d", shape);
    this.#set(`${side}-lash`, "d", lash);
    this.#set(`${side}-iris`, "transform", `translate(${pose.gazeX.toFixed(1)} ${pose.gazeY.toFixed(1)})`);
    this.#set(`${side}-crease`, "transform", `translate(0 ${(6 * (1 - Math.min(1, pose.eyes))).toFixed(1)})`);
    const [outerX, outerY, innerX] = eye;
    const turn = side === "left" ? -pose.frown : pose.frown; // about the middle of the brow, which lies above the eye's
    const middle = `${(outerX + innerX) / 2} ${outerY - 45}`;
    this.#set(`${side}-brow`, "transform", `translate(0 ${(-7 * pose.brows).toFixed(1)}) rotate(${turn.toFixed(1)} ${middle})`);
  }

  /** @param {import("./motion.js").Pose} pose */
  #speak(pose) {
    if (!this.mouth) return;
    const { shape, top, bottom } = mouthPath(/** @type {any} */ (this.mouth), pose.mouth, pose.wide, pose.smile);
    this.parts["mouth-shape"]?.firstElementChild?.setAttribute("d", shape);
    this.#set("mouth-lips", "d", shape);
    const [, cy] = this.mouth;
    this.#set("mouth-teeth", "transform", `translate(0 ${(top - cy + 6).toFixed(1)})`);
    this.#set("mouth-tongue", "transform", `translate(0 ${(bottom - cy - 24).toFixed(1)})`);
    this.#set("mouth-under", "transform", `translate(0 ${(24 * pose.mouth).toFixed(1)})`);
  }

  /** @param {string} id @param {string} name @param {string} value */
  #set(id, name, value) {
    this.parts[id]?.setAttribute(name, value);
  }
}

const place = (/** @type {number} */ dx, /** @type {number} */ dy, /** @type {number} */ tilt) =>
  `translate(${dx.toFixed(2)} ${dy.toFixed(2)}) rotate(${tilt.toFixed(2)} 300 440)`;
