// The sign above every page: the name, and the ways to the other rooms. The one place that knows which rooms there are.
// It must not know what happens in any of them.

import "./door.js";
import { byId, make } from "./dom.js";

/** Path and name of each room; the first part of the path says where one is. @type {[string, string][]} */
const ROOMS = [
  ["/", "만나기"],
  ["/sessions", "지난 통화"],
  ["/memory", "기억"],
  ["/studio", "내 페르소나"],
  ["/account", "내 정보"],
];

/** @param {string} room @param {string} here */
const isHere = (room, here) => (room === "/" ? here === "/" : here === room || here.startsWith(`${room}/`));

const links = ROOMS.map(([path, name]) => {
  const link = make("a", { href: path }, name);
  if (isHere(path, location.pathname)) link.setAttribute("aria-current", "page");
  return make("li", {}, link);
});

byId("masthead").replaceChildren(
  make("div", { class: "awning", "aria-hidden": "true" }),
  make(
    "div",
    { class: "brand-row" },
    make("a", { class: "brand", href: "/" }, make("img", { src: "/static/img/icon.svg", alt: "" }), "데연소"),
    make("span", { class: "brand-note" }, "데이트 연습소"),
    make("nav", { class: "rooms", "aria-label": "다른 페이지" }, make("ul", {}, ...links)),
  ),
);
