// @ts-check
// How people look: initials on a colour that stays theirs.

import { el } from "./dom.js";

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const first = words[0] ? [...words[0]][0] : "?";
  const last = words.length > 1 ? [...words[words.length - 1]][0] : "";
  return (first + last).toUpperCase();
}

/** @param {string} id */
function hue(id) {
  let sum = 7;
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 1000003;
  return (sum * 137) % 360;
}

/**
 * @param {{id: string, name: string}} person
 * @param {string} [size] "small" for lists
 */
export function avatar(person, size = "") {
  const node = el("span", { class: `avatar ${size}`, "aria-hidden": "true" }, initials(person.name));
  node.style.setProperty("--hue", String(hue(person.id)));
  return node;
}

/** Ours. @param {string} [size] */
export function mark(size = "") {
  return el("span", { class: `avatar ours ${size}`, "aria-hidden": "true" }, el("img", { src: "/page/mark.svg", alt: "" }));
}

/** staff · Platform @param {import("./types.js").Player} player */
export const standing = (player) => [player.role, ...player.teams].join(" · ");
