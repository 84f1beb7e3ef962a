// What the browser remembers between visits, by name. Storage may be switched off: then nothing is remembered.
// It must not know what is kept.

/** @param {string} name @returns {any} the value, or null where there is none */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(`deyeonso.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  try {
    localStorage.setItem(`deyeonso.${name}`, JSON.stringify(value));
  } catch {
    // as above
  }
}
