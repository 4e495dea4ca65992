// @ts-check
// A field whose options are asked for while one types.

import { el, icon } from "./dom.js";

/** @typedef {import("./types.js").Option} Option */

const WAIT = 180; // milliseconds of no typing before options are asked for

export class Suggestions {
  /**
   * @param {import("./types.js").ChoiceField} given
   * @param {string} id
   * @param {import("./fields.js").Suggest} suggest
   */
  constructor(given, id, suggest) {
    this.given = given;
    this.suggest = suggest;
    /** @type {Option[]} */
    this.chosen = given.chosen.map((value) => given.options.find((option) => option.value === value) ?? { value, label: value });
    /** @type {Option[]} */
    this.found = [];
    this.at = 0;
    this.asked = 0;
    this.timer = 0;
    this.input = el("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      dir: "auto",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
    });
    this.list = el("ul", { id: `${id}-list`, class: "completion", role: "listbox", "aria-label": given.label, hidden: true });
    this.tokens = el("div", { class: "tokens" });
    this.node = el("div", { class: "suggests" }, this.tokens, this.input, this.list);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.ask());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    if (!given.many && this.chosen[0]) this.input.value = this.chosen[0].label;
    this.showChosen();
  }

  /** Words were typed that stand for no option. */
  get isUnfinished() {
    const typed = this.input.value.trim();
    return Boolean(typed) && (this.given.many || this.chosen[0]?.label !== typed);
  }

  typed() {
    if (!this.given.many) this.chosen = [];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const turn = ++this.asked;
    const typed = this.chosen.length && !this.given.many ? "" : this.input.value.trim();
    try {
      const answer = await this.suggest(this.given.name, typed);
      // Answers may overtake each other, and the person may have gone on to another field.
      if (turn !== this.asked || document.activeElement !== this.input) return;
      if (answer.kind === "choices") this.offer(answer.options);
      else this.list.replaceChildren(el("li", { class: "none" }, answer.kind === "invalid" ? Object.values(answer.errors).join(" ") : "No answer."));
    } catch {
      this.close();
    }
  }

  /** @param {Option[]} options */
  offer(options) {
    this.found = options.filter((option) => !this.given.many || !this.chosen.some((one) => one.value === option.value));
    this.at = 0;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.show();
  }

  show() {
    const id = this.list.id;
    this.list.replaceChildren(
      ...this.found.map((option, index) =>
        el(
          "li",
          {
            id: `${id}-${index}`,
            role: "option",
            dir: "auto",
            "aria-selected": String(index === this.at),
            onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
            onclick: () => this.take(option),
          },
          option.label,
        ),
      ),
      ...(this.found.length ? [] : [el("li", { class: "none" }, "Nothing found.")]),
    );
    if (this.found.length) this.input.setAttribute("aria-activedescendant", `${id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Option} option */
  take(option) {
    this.chosen = this.given.many ? [...this.chosen, option] : [option];
    this.input.value = this.given.many ? "" : option.label;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
    this.showChosen();
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  showChosen() {
    if (!this.given.many) return;
    this.tokens.replaceChildren(
      ...this.chosen.map((option) =>
        el(
          "button",
          {
            type: "button",
            class: "chip",
            "aria-label": `Remove ${option.label}`,
            onclick: () => {
              this.chosen = this.chosen.filter((one) => one !== option);
              this.showChosen();
              this.input.focus();
            },
          },
          option.label,
          icon("close"),
        ),
      ),
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" && !open) this.ask();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open || !this.found.length) return;
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length;
      this.show();
    } else if (event.key === "Enter" && open && this.found[this.at]) this.take(this.found[this.at]);
    else if (event.key === "Escape" && open) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
