// @ts-check
// The movable clock: what it says where this person is, and the buttons that move it.

import { byId, el } from "./dom.js";
import { city, shortDay, time } from "./dates.js";

/**
 * @param {import("./state.js").State} state
 * @param {(to: string) => void} move "" does what is due now
 */
export function draw(state, move) {
  const root = byId("clock");
  const focused = root.contains(document.activeElement) ? document.activeElement?.getAttribute("data-to") : null;
  root.classList.toggle("moving", state.moving);
  root.setAttribute("aria-busy", String(state.moving));
  const button = (/** @type {string} */ to, /** @type {string} */ label, /** @type {string} */ title) =>
    // Not `disabled`, which would throw the focus away while the clock runs.
    el("button", { type: "button", "data-to": to, title, "aria-disabled": String(state.moving), onclick: () => state.moving || move(to) }, label);
  root.replaceChildren(
    el(
      "div",
      { class: "reading" },
      el("b", {}, time(state.now, state.zone)),
      el("span", {}, shortDay(state.now, state.zone)),
      el("span", { class: "city" }, city(state.zone)),
    ),
    el(
      "div",
      { class: "moves" },
      ...state.moves.map(({ to, label }) => button(to, label, "Move the clock, with everything that happens on the way")),
      button("", "Due now", "Do what is due now"),
    ),
  );
  if (focused !== null && focused !== undefined)
    /** @type {HTMLElement|null} */ (root.querySelector(`[data-to="${CSS.escape(focused)}"]`))?.focus();
}
