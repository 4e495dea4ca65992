// @ts-check
// A message of ours: its parts, and the taps it offers.

import { el } from "./dom.js";
import { draw } from "./chart.js";
import { confirmed } from "./confirm.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Text} Text */
/** @typedef {import("./types.js").Pick} Pick */
/** @typedef {(kind: "press"|"open", fields: object) => Promise<void>} Tap */

const CHIPS = 6;

/**
 * @param {Message} message
 * @param {Tap} tap
 */
export function card(message, tap) {
  const plain = !message.blocks.length && !message.buttons.length && !message.form;
  const root = el("div", { class: plain ? "plain" : "card" });
  /** Taps are answered one after the other; the same one while it waits is a double click. */
  let turn = Promise.resolve();
  /** @type {Set<string>} */
  const waiting = new Set();
  /** @type {Tap} */
  const inTurn = (kind, fields) => {
    const what = JSON.stringify([kind, fields]);
    if (waiting.has(what)) return turn;
    waiting.add(what);
    root.setAttribute("aria-busy", "true");
    turn = turn
      .then(() => tap(kind, fields))
      .finally(() => {
        waiting.delete(what);
        if (!waiting.size) root.removeAttribute("aria-busy");
      });
    return turn;
  };
  if (message.title) root.append(el(plain ? "p" : "h3", { dir: "auto" }, message.title));
  root.append(...message.blocks.map((block) => part(block, inTurn)));
  if (message.form || message.buttons.length) root.append(buttons(message, inTurn));
  return root;
}

/** @param {import("./types.js").Block} block @param {Tap} tap */
function part(block, tap) {
  switch (block.kind) {
    case "text":
      return text(block);
    case "quote":
      return el(
        "blockquote",
        {},
        el("span", { dir: "auto", class: "verbatim" }, block.words),
        block.note && el("small", { dir: "auto" }, block.note),
      );
    case "facts":
      return el(
        "dl",
        { class: "facts" },
        ...block.rows.map(([label, value]) =>
          el("div", {}, el("dt", { dir: "auto" }, label), el("dd", { dir: "auto" }, value)),
        ),
      );
    case "chart":
      return draw(block);
    case "rule":
      return el("hr");
    case "pick":
      return pick(block, tap);
  }
}

/** @param {Text} value */
export function text(value) {
  const tags = /** @type {const} */ ({ plain: "span", bold: "strong", italic: "em", code: "code" });
  return el(
    "p",
    { class: value.quiet ? "quiet" : null, dir: "auto" },
    ...value.spans.map((span) => el(tags[span.style], {}, span.words)),
  );
}

/** @param {Pick} block @param {Tap} tap */
function pick(block, tap) {
  const choose = (/** @type {string} */ value) => tap("press", { press: block.press, subject: block.subject, value });
  const prompt = block.prompt.spans.map((span) => span.words).join("");
  return el(
    "div",
    { class: "pick", role: "group", "aria-label": prompt },
    text(block.prompt),
    block.options.length <= CHIPS ? chips(block, choose) : list(block, prompt, choose),
  );
}

/** @param {Pick} block @param {(value: string) => void} choose */
function chips(block, choose) {
  return el(
    "div",
    { class: "chips" },
    ...block.options.map((option) =>
      el(
        "button",
        {
          type: "button",
          class: "chip",
          dir: "auto",
          "aria-pressed": String(option.value === block.chosen),
          onclick: () => choose(option.value),
        },
        option.label,
      ),
    ),
  );
}

/** A select is left with the arrow keys before it is chosen: it asks for a second tap. */
/** @param {Pick} block @param {string} prompt @param {(value: string) => void} choose */
function list(block, prompt, choose) {
  const select = el(
    "select",
    { "aria-label": prompt },
    !block.chosen && el("option", { value: "" }, "Choose …"),
    ...block.options.map((option) =>
      el("option", { value: option.value, selected: option.value === block.chosen }, option.label),
    ),
  );
  const set = el("button", { type: "button", class: "button", disabled: true, onclick: () => choose(select.value) }, "Set");
  select.addEventListener("change", () => {
    set.disabled = !select.value || select.value === block.chosen;
  });
  return el("div", { class: "chips set" }, select, set);
}

/** @param {Message} message @param {Tap} tap */
function buttons(message, tap) {
  const form = message.form;
  return el(
    "div",
    { class: "buttons" },
    form &&
      el(
        "button",
        { type: "button", class: "button primary", onclick: () => tap("open", { name: form.name, subject: form.subject }) },
        form.title,
      ),
    ...message.buttons.map((button) =>
      el(
        "button",
        {
          type: "button",
          class: `button ${button.style}`,
          onclick: async () => {
            if (button.confirm && !(await confirmed(button.confirm, button.label, { danger: button.style === "danger" }))) return;
            await tap("press", { press: button.press, subject: button.subject });
          },
        },
        button.label,
      ),
    ),
  );
}
