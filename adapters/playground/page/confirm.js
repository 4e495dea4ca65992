// @ts-check
// "Are you sure?", as a dialog that gives the focus back.

import { discard, el } from "./dom.js";

/**
 * @param {string} question
 * @param {string} yes the words of the button that goes on
 * @param {{danger?: boolean, no?: string}} [how]
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes, { danger = false, no = "Cancel" } = {}) {
  const id = `ask-${crypto.randomUUID()}`;
  const dialog = el(
    "dialog",
    { class: "ask", "aria-labelledby": id },
    el("p", { id, dir: "auto" }, question),
    el(
      "div",
      { class: "buttons end" },
      el("button", { type: "button", class: "button", autofocus: true, onclick: () => dialog.close() }, no),
      el(
        "button",
        { type: "button", class: `button ${danger ? "danger solid" : "primary"}`, onclick: () => dialog.close("yes") },
        yes,
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      discard(dialog);
      done(dialog.returnValue === "yes");
    });
  });
}
