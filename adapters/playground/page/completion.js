// @ts-check
// Completion of commands over the message box: arrows, Tab or Enter to take, Esc to leave.

import { el } from "./dom.js";

/** @typedef {import("./types.js").Command} Command */

const MOST = 8;

export class Completion {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {() => Command[]} commands
   * @param {() => void} changed called when the box was filled in
   */
  constructor(box, commands, changed) {
    this.box = box;
    this.commands = commands;
    this.changed = changed;
    this.list = el("ul", { id: "completion", class: "completion", role: "listbox", "aria-label": "Commands", hidden: true });
    /** @type {Command[]} */
    this.found = [];
    this.at = 0;
    this.moved = false;
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "completion", "aria-expanded": "false" }))
      box.setAttribute(name, value);
    box.addEventListener("input", () => this.look());
    box.addEventListener("blur", () => this.close());
  }

  look() {
    const typed = this.box.value.toLowerCase();
    this.found =
      typed.startsWith("/") && !typed.includes("\n")
        ? this.commands().filter((command) => command.words.toLowerCase().startsWith(typed)).slice(0, MOST)
        : [];
    this.at = 0;
    this.moved = false;
    this.show();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was ours */
  key(event) {
    if (this.list.hidden) return false;
    const { words } = this.found[this.at];
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length;
        this.moved = true;
        this.show();
        break;
      case "Enter":
        // A command typed in full is sent, unless another was gone to.
        if (event.shiftKey || (!this.moved && this.found.some((one) => one.words === this.box.value.trim()))) return false;
        this.take(words);
        break;
      case "Tab":
        if (event.shiftKey || this.box.value === `${words} `) return false;
        this.take(words);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  }

  /** @param {string} words */
  take(words) {
    this.box.value = `${words} `;
    this.box.focus();
    this.changed();
    this.look();
  }

  close() {
    this.found = [];
    this.show();
  }

  show() {
    const open = this.found.length > 0;
    this.list.hidden = !open;
    this.box.setAttribute("aria-expanded", String(open));
    if (open) this.box.setAttribute("aria-activedescendant", `completion-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(
      ...this.found.map((command, index) =>
        el(
          "li",
          {
            id: `completion-${index}`,
            role: "option",
            "aria-selected": String(index === this.at),
            // Pressing must not take the focus from the box, which would close the list.
            onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
            onclick: () => this.take(command.words),
          },
          el("b", {}, command.words),
          el("span", {}, command.hint),
        ),
      ),
    );
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }
}
