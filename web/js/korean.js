// Times and dates as a Korean would say them. Pure.
// It must not know the DOM.

/** @param {number} seconds @returns {string} 48초, 3분 7초 */
export function inWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}초` : `${Math.floor(whole / 60)}분 ${whole % 60}초`;
}

/** @param {Date} when @returns {string} 11월 24일 오후 2:07, with the year where it is another */
export const moment = (when) =>
  when.toLocaleString("ko-KR", {
    ...(when.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }),
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
