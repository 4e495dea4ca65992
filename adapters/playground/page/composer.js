// @ts-check
// The message box: Enter sends, Shift+Enter breaks the line, `/` completes, ↑ in an empty box edits the last words.

import { el, icon } from "./dom.js";
import { Completion } from "./completion.js";

/** @typedef {import("./types.js").Entry} Entry */

export class Composer {
  /**
   * @param {HTMLElement} root
   * @param {import("./state.js").State} state
   * @param {{send: (where: string, words: string) => Promise<void>, edit: (entry: Entry, words: string) => Promise<void>, last: () => Entry|undefined}} actions
   */
  constructor(root, state, actions) {
    this.state = state;
    this.actions = actions;
    this.where = "";
    /** Whose conversation, and which. */
    this.place = "";
    /** Words not sent yet, by conversation. @type {Map<string, string>} */
    this.drafts = new Map();
    /** @type {Entry|null} */
    this.editing = null;
    this.box = el("textarea", { id: "box", rows: 1, dir: "auto", autocomplete: "off", "aria-label": "Message" });
    this.go = el("button", { type: "submit", class: "send", "aria-label": "Send", disabled: true }, icon("send"));
    this.note = el("p", { class: "editing", hidden: true });
    this.hint = el("p", { class: "hint" });
    this.completion = new Completion(this.box, () => this.state.commands, () => this.fit());
    const form = el("form", { class: "box" }, this.note, this.completion.list, el("div", { class: "line" }, this.box, this.go));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.box.addEventListener("input", () => this.fit());
    this.box.addEventListener("keydown", (event) => this.key(event));
    root.replaceChildren(form, this.hint);
  }

  /** @param {string} place @param {string} where @param {string} placeholder @param {string} hint */
  turnTo(place, where, placeholder, hint) {
    if (place !== this.place) {
      if (this.place && !this.editing) this.drafts.set(this.place, this.box.value);
      this.stopEditing(this.drafts.get(place) ?? "");
    }
    this.place = place;
    this.where = where;
    this.box.placeholder = placeholder;
    this.hint.textContent = hint;
  }

  /** Begin with these words. @param {string} words */
  begin(words) {
    this.box.value = words;
    this.fit();
    this.box.focus();
  }

  /** @param {Entry} entry */
  edit(entry) {
    if (!this.editing) this.drafts.set(this.place, this.box.value);
    this.editing = entry;
    this.note.hidden = false;
    this.note.replaceChildren("Editing what you said. ", el("button", { type: "button", class: "link", onclick: () => this.cancel() }, "Leave it (Esc)"));
    this.box.value = entry.words ?? "";
    this.fit();
    this.box.focus();
  }

  cancel() {
    this.stopEditing(this.drafts.get(this.place) ?? "");
    this.box.focus();
  }

  /** @param {string} words */
  stopEditing(words) {
    this.editing = null;
    this.note.hidden = true;
    this.box.value = words;
    this.fit();
    this.completion.close();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || this.completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.editing) {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.box.value && !this.editing) {
      const last = this.actions.last();
      if (last) {
        event.preventDefault();
        this.edit(last);
      }
    }
  }

  async submit() {
    const words = this.box.value.trim();
    if (!words) return;
    const [place, where, editing] = [this.place, this.where, this.editing];
    this.drafts.delete(place);
    this.stopEditing("");
    try {
      await (editing ? this.actions.edit(editing, words) : this.actions.send(where, words));
    } catch {
      // Said elsewhere already; nothing typed is lost.
      if (this.place === place && !this.box.value) this.stopEditing(words);
      else this.drafts.set(place, words);
    }
  }

  fit() {
    this.go.disabled = !this.box.value.trim();
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 200)}px`;
  }
}
