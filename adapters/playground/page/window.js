// @ts-check
// Much to read, as a dialog of its own.

import { card } from "./card.js";
import { discard, el, icon } from "./dom.js";

/**
 * @param {import("./types.js").Message} message
 * @param {import("./card.js").Tap} tap
 */
export function read(message, tap) {
  const close = el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  const dialog = el(
    "dialog",
    { class: "form page", "aria-labelledby": "page-title" },
    el(
      "div",
      { class: "sheet" },
      el("header", {}, el("h2", { id: "page-title", dir: "auto" }, message.title), close),
      el("div", { class: "fields", tabindex: 0, autofocus: true }, card({ ...message, title: "" }, tap)),
    ),
  );
  dialog.addEventListener("close", () => discard(dialog));
  document.body.append(dialog);
  dialog.showModal();
}
