// @ts-check
// The fields of a form: each knows its value, what it lacks, and how to show what is wrong with it.

import { el } from "./dom.js";
import { Suggestions } from "./suggestions.js";

/** @typedef {import("./types.js").TextField} TextField */
/** @typedef {import("./types.js").ChoiceField} ChoiceField */
/** @typedef {(field: string, typed: string) => Promise<import("./types.js").Answer>} Suggest */
/** @typedef {{name: string, node: HTMLElement, value: () => string|string[], missing: () => string, complain: (words: string) => void, focus: () => void}} Field */

/**
 * @param {TextField|ChoiceField} given
 * @param {Suggest} suggest
 * @returns {Field}
 */
export function field(given, suggest) {
  const id = `field-${crypto.randomUUID()}`;
  if (given.kind === "text") return typed(given, id);
  if (given.suggests) return suggested(given, id, suggest);
  return given.many ? several(given, id) : one(given, id);
}

/**
 * What all fields have around their control.
 * @param {TextField|ChoiceField} given @param {string} id @param {HTMLElement} control the one that takes the focus
 * @param {HTMLElement} shown @param {{group?: boolean}} [how]
 */
function frame(given, id, control, shown, { group = false } = {}) {
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true });
  const label = [given.label, given.optional && " ", given.optional && el("small", {}, "optional")];
  const hint = given.hint && el("p", { class: "hint", id: `${id}-hint`, dir: "auto" }, given.hint);
  const node = group
    ? el("fieldset", { class: "field" }, el("legend", { dir: "auto" }, ...label), hint, shown, error)
    : el("div", { class: "field" }, el("label", { for: id, dir: "auto" }, ...label), hint, shown, error);
  const described = group ? node : control;
  const describe = () => {
    const ids = [hint && `${id}-hint`, !error.hidden && `${id}-error`].filter(Boolean).join(" ");
    if (ids) described.setAttribute("aria-describedby", ids);
    else described.removeAttribute("aria-describedby");
  };
  describe();
  return {
    name: given.name,
    node,
    focus: () => control.focus(),
    complain: (/** @type {string} */ words) => {
      error.textContent = words;
      error.hidden = !words;
      control.setAttribute("aria-invalid", String(Boolean(words)));
      describe();
    },
  };
}

/** @param {TextField} given @param {string} id @returns {Field} */
function typed(given, id) {
  const attributes = { id, name: given.name, placeholder: given.placeholder, dir: "auto", "aria-required": String(!given.optional) };
  const control = given.rows > 1 ? el("textarea", { ...attributes, rows: given.rows }) : el("input", { ...attributes, type: "text", autocomplete: "off" });
  control.value = given.value;
  return {
    ...frame(given, id, control, control),
    value: () => control.value,
    missing: () => (given.optional || control.value.trim() ? "" : "Please fill this in."),
  };
}

/** @param {ChoiceField} given @param {string} id @returns {Field} */
function one(given, id) {
  const chosen = given.chosen[0] ?? "";
  const control = el(
    "select",
    { id, name: given.name, "aria-required": String(!given.optional) },
    (given.optional || !chosen) && el("option", { value: "" }, given.optional ? "–" : "Choose …"),
    ...given.options.map((option) => el("option", { value: option.value, selected: option.value === chosen }, option.label)),
  );
  return {
    ...frame(given, id, control, control),
    value: () => control.value,
    missing: () => (given.optional || control.value ? "" : "Please choose one."),
  };
}

/** @param {ChoiceField} given @param {string} id @returns {Field} */
function several(given, id) {
  const boxes = given.options.map((option) =>
    el("input", { type: "checkbox", name: given.name, value: option.value, checked: given.chosen.includes(option.value) }),
  );
  const shown = el(
    "div",
    { class: "several" },
    ...given.options.map((option, index) => el("label", { class: "check", dir: "auto" }, boxes[index], el("span", {}, option.label))),
  );
  return {
    ...frame(given, id, boxes[0] ?? shown, shown, { group: true }),
    value: () => boxes.filter((box) => box.checked).map((box) => box.value),
    missing: () => (given.optional || boxes.some((box) => box.checked) ? "" : "Please choose at least one."),
  };
}

/** @param {ChoiceField} given @param {string} id @param {Suggest} suggest @returns {Field} */
function suggested(given, id, suggest) {
  const found = new Suggestions(given, id, suggest);
  return {
    ...frame(given, id, found.input, found.node),
    value: () => (given.many ? found.chosen.map((option) => option.value) : (found.chosen[0]?.value ?? "")),
    missing: () => {
      if (found.isUnfinished) return "Pick one from the list, or clear this.";
      return given.optional || found.chosen.length ? "" : "Please choose one.";
    },
  };
}
