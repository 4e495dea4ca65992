// @ts-check
// A few words in the corner that go by themselves.

import { byId, el } from "./dom.js";

/**
 * @param {string} words
 * @param {{bad?: boolean, act?: () => void}} [how] `act` makes it a button
 */
export function toast(words, { bad = false, act } = {}) {
  const node = act
    ? el("button", { type: "button", class: "toast", onclick: () => (node.remove(), act()) }, words)
    : el("div", { class: `toast ${bad ? "bad" : ""}`, role: bad ? "alert" : "status" }, words);
  const all = byId("toasts");
  all.append(node);
  while (all.childElementCount > 3) all.firstElementChild?.remove();
  setTimeout(() => node.remove(), bad ? 9000 : 6000);
}
