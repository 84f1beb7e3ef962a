// Small helpers over the DOM: finding, making, and showing a fault.
// It must not know any screen.

import { TEXT } from "./strings.js";

/** @param {string} id @returns {any} the element; the page is broken without it */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id} in the page`);
  return element;
}

/**
 * @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param {string} label @param {() => void} onclick @param {string} [kind] */
export function button(label, onclick, kind = "button small") {
  const element = make("button", { type: "button", class: kind }, label);
  element.addEventListener("click", onclick);
  return element;
}

/** @param {number} seconds @returns {string} 03:07, or 1:02:03 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/**
 * Shows what went wrong, with a way on. While the server asked to wait, the first action counts down.
 * @param {HTMLElement} place a role=alert element
 * @param {import("./strings.js").FaultText} text
 * @param {{label: string, run: () => void}[]} actions
 */
export function showFault(place, text, actions = []) {
  const buttons = actions.map(({ label, run }, i) => button(label, run, i ? "button small" : "button small primary"));
  place.replaceChildren(
    make(
      "div",
      { class: "fault" },
      make("h3", {}, text.title),
      text.body && make("p", {}, text.body),
      text.steps && make("ol", {}, ...text.steps.map((step) => make("li", {}, step))),
      text.detail && make("p", { class: "detail" }, text.detail),
      buttons.length > 0 && make("div", { class: "actions" }, ...buttons),
    ),
  );
  if (text.retryAfter && buttons.length) countDown(buttons[0], actions[0].label, text.retryAfter);
}

/** @param {HTMLElement} place */
export const clearFault = (place) => place.replaceChildren();

/** @param {HTMLButtonElement} target @param {string} label @param {number} seconds */
function countDown(target, label, seconds) {
  const end = performance.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    target.disabled = left > 0;
    target.textContent = left > 0 ? `${label} (${left}초 뒤)` : label;
    if (left > 0 && target.isConnected) setTimeout(tick, 250);
  };
  tick();
}

/** One notice at a time, for a while. @param {HTMLElement} place @param {HTMLElement} toast @param {number} stay ms */
export function showToast(place, toast, stay) {
  place.replaceChildren(toast);
  setTimeout(() => toast.remove(), stay);
}

/** Hands a text to the person as a file. @param {string} text @param {string} name */
export function saveText(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Keeps a select's options in step with the devices there are. @param {HTMLSelectElement} select
 * @param {MediaDeviceInfo[]} devices @param {string|undefined} chosen @param {string} [otherwise] text for none */
export function fillSelect(select, devices, chosen, otherwise = TEXT.noDevice) {
  const options = devices.map((device, i) => make("option", { value: device.deviceId }, device.label || `${i + 1}번 장치`));
  select.replaceChildren(...(options.length ? options : [make("option", { value: "" }, otherwise)]));
  select.disabled = options.length === 0;
  if (chosen && devices.some((device) => device.deviceId === chosen)) select.value = chosen;
}
