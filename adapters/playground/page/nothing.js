// @ts-check
// What stands where nothing was said yet.

import { el } from "./dom.js";
import { mark } from "./people.js";

const IDEAS = 4;

/**
 * @param {string|undefined} channel its name, none in the DM
 * @param {import("./types.js").Command[]} commands
 * @param {(words: string) => void} begin puts words into the message box
 */
export function nothing(channel, commands, begin) {
  if (channel) return el("li", { class: "nothing" }, el("p", {}, `Nothing was said in #${channel} yet.`));
  return el(
    "li",
    { class: "nothing" },
    mark(),
    el("p", {}, "Nothing was said yet. Tell Instep what you worked on, or try one of these:"),
    el(
      "div",
      { class: "chips" },
      ...commands
        .slice(0, IDEAS)
        .map(({ words, hint }) =>
          el("button", { type: "button", class: "chip", title: hint, onclick: () => begin(`${words} `) }, words),
        ),
    ),
  );
}
