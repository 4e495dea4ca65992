// @ts-check
// A conversation: days, speakers, words and cards. Nodes are kept as long as what they show stays the same.

import { el, icon } from "./dom.js";
import { card } from "./card.js";
import { date, day, shortDay, time } from "./dates.js";
import { avatar, mark } from "./people.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {{tap: (entry: Entry, kind: "press"|"open", fields: object) => Promise<void>, thread: (entry: Entry) => void, edit: (entry: Entry) => void, mayEdit: (entry: Entry) => boolean}} Actions */

const TOGETHER = 5 * 60 * 1000; // milliseconds within which one speaker's entries stand under one name
const NEAR = 80; // pixels from the end that still count as reading the newest

export class Transcript {
  /**
   * @param {HTMLElement} root the scrolling element
   * @param {import("./state.js").State} state
   * @param {Actions} actions
   * @param {{opensAtEnd?: boolean}} [how]
   */
  constructor(root, state, actions, { opensAtEnd = true } = {}) {
    this.root = root;
    this.state = state;
    this.actions = actions;
    this.opensAtEnd = opensAtEnd;
    this.list = el("ol", { class: "entries" });
    this.root.replaceChildren(this.list);
    /** @type {Map<string, {shown: string, node: HTMLElement}>} */
    this.kept = new Map();
    this.where = "";
    /** Whether the newest is kept in sight, whatever grows or narrows. */
    this.follows = true;
    root.addEventListener("scroll", () => (this.follows = this.isAtEnd), { passive: true });
    const sizes = new ResizeObserver(() => this.follows && this.toEnd());
    sizes.observe(root);
    sizes.observe(this.list);
  }

  get isAtEnd() {
    return this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR;
  }

  toEnd() {
    this.root.scrollTop = this.root.scrollHeight;
  }

  /**
   * @param {string} where a name for what is shown: another one starts from nothing
   * @param {Entry[]} entries
   * @param {Map<string, Entry[]>} threads what stands under which
   */
  draw(where, entries, threads) {
    const fresh = where !== this.where;
    if (fresh) {
      this.kept.clear();
      this.follows = this.opensAtEnd;
      this.root.scrollTop = 0;
    }
    this.where = where;
    const { zone } = this.state;
    /** @type {Map<string, {shown: string, node: HTMLElement}>} */
    const kept = new Map();
    /** @type {HTMLElement[]} */
    const nodes = [];
    /** @type {Entry|null} */
    let before = null;
    for (const entry of entries) {
      const newDay = !before || date(before.at, zone) !== date(entry.at, zone);
      if (newDay) nodes.push(this.keep(kept, `day ${date(entry.at, zone)} ${entry.id}`, "", () => separator(entry, zone)));
      const first =
        newDay ||
        !before ||
        before.by !== entry.by ||
        before.private !== entry.private ||
        Date.parse(entry.at) - Date.parse(before.at) > TOGETHER;
      const replies = threads.get(entry.id) ?? [];
      const shown = JSON.stringify([entry, first, replies.length, replies.at(-1)?.at, zone]);
      const old = this.kept.get(entry.id);
      const node = this.keep(kept, entry.id, shown, () => this.entry(entry, first, replies));
      if (old && old.node !== node) this.handOver(old, node, entry);
      nodes.push(node);
      before = entry;
    }
    this.kept = kept;
    place(this.list, nodes);
    if (this.follows) this.toEnd();
  }

  /**
   * @param {Map<string, {shown: string, node: HTMLElement}>} kept
   * @param {string} id @param {string} shown @param {() => HTMLElement} make
   */
  keep(kept, id, shown, make) {
    const old = this.kept.get(id);
    const now = old && old.shown === shown ? old : { shown, node: make() };
    kept.set(id, now);
    return now.node;
  }

  /** An entry changed in place: it lights up briefly, and whoever was in it stays in it. */
  /** @param {{shown: string, node: HTMLElement}} old @param {HTMLElement} node @param {Entry} entry */
  handOver(old, node, entry) {
    const [then] = JSON.parse(old.shown);
    if (JSON.stringify([then.message, then.words]) === JSON.stringify([entry.message, entry.words])) return;
    node.classList.add("changed");
    const here = document.activeElement;
    if (!old.node.contains(here)) return;
    const same = [...node.querySelectorAll("button, select")].find(
      (control) => control.tagName === here?.tagName && control.textContent === here?.textContent,
    );
    requestAnimationFrame(() => /** @type {HTMLElement} */ (same ?? node).focus());
  }

  /** @param {Entry} entry @param {boolean} first @param {Entry[]} replies */
  entry(entry, first, replies) {
    const { zone } = this.state;
    const ours = entry.by === "instep";
    const person = ours ? { id: "instep", name: "Instep" } : this.state.named(entry.by);
    const at = el("time", { datetime: entry.at, title: `${day(entry.at, zone)}, ${time(entry.at, zone)}` }, time(entry.at, zone));
    return el(
      "li",
      {
        class: `entry ${first ? "first" : ""} ${ours ? "ours" : ""} ${entry.private ? "private" : ""}`,
        "data-id": entry.id,
        tabindex: -1,
      },
      el("div", { class: "gutter" }, first ? (ours ? mark() : avatar(person)) : at),
      el(
        "div",
        { class: "body" },
        first && el("header", {}, el("b", { dir: "auto" }, person.name), ours && el("span", { class: "tag" }, "app"), at.cloneNode(true)),
        entry.private && el("p", { class: "only" }, icon("eye"), "Only you can see this"),
        entry.message
          ? card(entry.message, (kind, fields) => this.actions.tap(entry, kind, fields))
          : el("div", { class: "words", dir: "auto" }, entry.words ?? ""),
        (entry.edited || this.actions.mayEdit(entry)) &&
          el(
            "div",
            { class: "after" },
            entry.edited && el("small", { class: "edited" }, "edited"),
            this.actions.mayEdit(entry) &&
              el("button", { type: "button", class: "link edit", onclick: () => this.actions.edit(entry) }, "Edit"),
          ),
        replies.length > 0 &&
          el(
            "button",
            { type: "button", class: "replies", "data-thread": entry.id, onclick: () => this.actions.thread(entry) },
            el("b", {}, replies.length === 1 ? "1 reply" : `${replies.length} replies`),
            ` last ${shortDay(replies[replies.length - 1].at, zone)}, ${time(replies[replies.length - 1].at, zone)}`,
          ),
      ),
    );
  }
}

/** @param {Entry} entry @param {string} zone */
function separator(entry, zone) {
  return el("li", { class: "day" }, el("span", {}, day(entry.at, zone)));
}

/** Bring the children into this order, touching only those that moved. */
/** @param {HTMLElement} list @param {HTMLElement[]} nodes */
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}
