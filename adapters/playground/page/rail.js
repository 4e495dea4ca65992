// @ts-check
// The left side: who one is, and where one can go.

import { byId, discard, el, icon } from "./dom.js";
import { city, shortDay, time } from "./dates.js";
import { avatar, mark, standing } from "./people.js";

/** @typedef {import("./state.js").State} State */

/**
 * @param {State} state
 * @param {string} place the tab of the hash: "dm", "home" or "c/name"
 * @param {(person: string, place: string) => string} link
 */
export function draw(state, place, link) {
  const player = state.player;
  if (!player) return;
  const waiting = state.waiting().length;
  byId("me").replaceChildren(
    avatar(player),
    el(
      "span",
      { class: "lines" },
      el("b", {}, player.name),
      el("small", {}, standing(player)),
      el("small", {}, `${city(player.zone)}, ${time(state.now, player.zone)}`),
    ),
    waiting ? el("span", { class: "count", title: `${waiting} other people have something new` }, String(waiting)) : icon("swap"),
  );
  byId("me").setAttribute(
    "aria-label",
    `You are ${player.name}, ${standing(player)}. Act as somebody else${waiting ? `; ${waiting} have something new` : ""}`,
  );
  const go = (/** @type {string} */ to, /** @type {Node} */ sign, /** @type {string} */ name, /** @type {boolean} */ unread) =>
    el(
      "a",
      { href: link(player.id, to), class: `place ${unread ? "unread" : ""}`, "aria-current": to === place ? "page" : null },
      sign,
      el("span", { class: "name" }, name),
      unread && el("span", { class: "unread-dot" }, el("span", { class: "unseen" }, "new messages")),
    );
  const channels = state.channels.filter((channel) => player.channels.includes(channel.address));
  byId("places").replaceChildren(
    go("dm", mark("small"), "Instep", state.isUnread(player.id)),
    go("home", icon("home"), "Home", false),
    ...(channels.length ? [el("h2", {}, "Channels")] : []),
    ...channels.map((channel) => go(`c/${channel.name}`, icon("hash"), channel.name, state.isUnread(channel.address))),
  );
}

/**
 * The list of people, to act as another.
 * @param {State} state
 * @param {(person: string) => void} choose
 */
export function pickPerson(state, choose) {
  const search = el("input", { type: "search", placeholder: "Find somebody", "aria-label": "Find somebody", autocomplete: "off" });
  const list = el("ul", { class: "people" });
  const dialog = el(
    "dialog",
    { class: "picker", "aria-label": "Act as" },
    el("div", { class: "picker-top" }, search, el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    list,
  );
  const buttons = () => [.../** @type {NodeListOf<HTMLButtonElement>} */ (list.querySelectorAll("button"))];
  const show = () => {
    const typed = search.value.trim().toLowerCase();
    const found = state.players.filter((player) => `${player.name} ${standing(player)}`.toLowerCase().includes(typed));
    list.replaceChildren(
      ...found.map((player) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "person",
              "aria-current": player.id === state.me ? "true" : null,
              onclick: () => (dialog.close(), choose(player.id)),
            },
            avatar(player),
            el("span", { class: "lines" }, el("b", {}, player.name), el("small", {}, standing(player))),
            el("small", { class: "there" }, `${shortDay(state.now, player.zone).split(" ")[0]} ${time(state.now, player.zone)}`, el("br"), city(player.zone)),
            player.id !== state.me && state.isUnread(player.id, player.id)
              ? el("span", { class: "unread-dot" }, el("span", { class: "unseen" }, "something new"))
              : el("span", { class: "no-dot" }),
          ),
        ),
      ),
      ...(found.length ? [] : [el("li", { class: "nobody" }, "Nobody of that name.")]),
    );
  };
  dialog.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    if (event.key === "ArrowDown") all[Math.min(at + 1, all.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : search).focus();
    else if (event.key === "Enter" && document.activeElement === search) all[0]?.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => discard(dialog));
  search.addEventListener("input", show);
  show();
  document.body.append(dialog);
  dialog.showModal();
  search.focus();
}
