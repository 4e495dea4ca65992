// @ts-check
// The page: joins the stream with the parts that draw, and taps with the acts they are.

import { byId, el, icon } from "./dom.js";
import { card } from "./card.js";
import * as clock from "./clock.js";
import { Composer } from "./composer.js";
import * as drawer from "./drawer.js";
import { ask } from "./form.js";
import { link, parse } from "./places.js";
import * as rail from "./rail.js";
import { State } from "./state.js";
import { toast } from "./toast.js";
import { nothing } from "./nothing.js";
import { threads } from "./threads.js";
import { Transcript } from "./transcript.js";
import { read } from "./window.js";
import { Refused, Wire } from "./wire.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Answer} Answer */

const PATIENCE = 600; // milliseconds before somebody is told that an answer is under way

const state = new State();
const wire = new Wire(news, (connected) => (byId("trouble").hidden = connected));
byId("trouble").textContent = "Not connected. Trying again …";

/** Where the page is: the tab of the hash, and the open thread. */
let place = "dm";
let thread = "";
/** Acts that have been waiting for their answer for longer than PATIENCE. */
let waiting = 0;
/** What was typed is sent in the order it was typed. @type {Promise<unknown>} */
let sending = Promise.resolve();

const actions = {
  tap: (/** @type {Entry} */ entry, /** @type {"press"|"open"} */ kind, /** @type {object} */ fields) =>
    act(kind, { where: entry.where, message: entry.id, ...fields }, { where: entry.where, message: entry.id }),
  thread: openThread,
  edit: (/** @type {Entry} */ entry) => composer.edit(entry),
  mayEdit: (/** @type {Entry} */ entry) =>
    entry.by === state.me && entry.where === state.me && entry.words !== null && !/^(\/[a-z]|@instep\b)/i.test(entry.words.trim()),
};
const transcript = new Transcript(byId("transcript"), state, actions);
const threadList = el("div", { class: "transcript" });
const threadTranscript = new Transcript(threadList, state, actions, { opensAtEnd: false });
const composer = new Composer(byId("composer"), state, {
  send: (where, words) => {
    transcript.toEnd();
    return inOrder(() => act("say", { where, words }, { where, message: "" }));
  },
  edit: (entry, words) => inOrder(() => act("edit", { message: entry.id, words }, { where: entry.where, message: "" })),
  last: () => state.said(here()).filter(actions.mayEdit).at(-1),
});

// News

/** @param {any} news */
function news(news) {
  switch (news.kind) {
    case "world":
      state.players = news.players;
      state.channels = news.channels;
      break;
    case "hello": {
      const someoneElse = news.me !== state.me;
      state.begin(news);
      if (someoneElse) {
        place = "";
        byId("toasts").replaceChildren(); // they were for somebody else
        follow();
      } else if (place === "home") look();
      break;
    }
    case "entry":
      arrive(news.entry);
      break;
    case "home":
      state.home = news.message;
      break;
    case "activity":
      state.latest[news.where] = news.turn;
      break;
    case "clock":
      state.now = news.now;
      state.moving = news.moving;
      break;
  }
  draw();
}

/** @param {Entry} entry */
function arrive(entry) {
  const known = state.entries.has(entry.id);
  state.entries.set(entry.id, entry);
  if (entry.by === state.me) return;
  const who = entry.by === "instep" ? "Instep" : state.named(entry.by).name;
  const words = entry.message?.title ?? entry.words ?? "";
  byId("live").textContent = `${who}${known ? " changed" : ""}: ${words}`;
  if (known) return;
  if (entry.where !== here()) toast(`${who}: ${words}`, { act: () => go(state.me, placeOf(entry.where)) });
  else if (!transcript.isAtEnd && !entry.under) byId("newest").hidden = false;
}

// Acts

/** @param {() => Promise<void>} send */
function inOrder(send) {
  const sent = sending.then(send);
  sending = sent.catch(() => {});
  return sent;
}

/**
 * Do it and show what comes back. Throws what was refused, after it was said.
 * @param {string} kind @param {object} fields @param {{where: string, message: string}} at
 */
async function act(kind, fields, at) {
  const person = state.me;
  const done = kind === "say" || kind === "press" ? wait() : () => {};
  let answer;
  try {
    answer = await wire.act(kind, { as: person, ...fields });
  } catch (error) {
    toast(error instanceof Refused ? error.message : String(error), { bad: true });
    if (kind === "say" || kind === "edit") throw error;
    return;
  } finally {
    done();
  }
  if (answer.kind === "failed") toast(answer.words, { bad: true });
  if (kind === "press") lookAgain();
  if (answer.kind === "page" && person === state.me)
    read(answer.message, (kind, more) => act(kind, { where: at.where, message: "", ...more }, { where: at.where, message: "" }));
  if (answer.kind === "form" && person === state.me) fillIn(answer.form, { as: person, ...at });
}

/** Say that we are at it when an answer takes its time. @returns {() => void} to be called when it is there */
function wait() {
  let counted = 0;
  const timer = setTimeout(() => {
    waiting += counted = 1;
    draw();
  }, PATIENCE);
  return () => {
    clearTimeout(timer);
    waiting -= counted;
    draw();
  };
}

/** @param {import("./types.js").Form} form @param {{as: string, where: string, message: string}} at */
async function fillIn(form, at) {
  /** @type {import("./types.js").Form|null} */
  let next = form;
  while (next) {
    const { name, subject } = next;
    next = await ask(
      next,
      (values) => wire.act("submit", { ...at, name, subject, values }),
      (field, typed) => wire.act("suggest", { ...at, name, subject, field, typed }),
    );
  }
  lookAgain();
}

const look = () => act("look", {}, { where: state.me, message: "" });

// Places

/** The address of the conversation shown; the home page is none. */
function here() {
  if (place === "dm") return state.me;
  return state.channels.find((channel) => place === `c/${channel.name}`)?.address ?? "";
}

/** @param {string} where */
function placeOf(where) {
  const channel = state.channels.find((one) => one.address === where);
  return channel ? `c/${channel.name}` : "dm";
}

/** @param {string} person @param {string} to */
function go(person, to) {
  location.hash = link(person, to);
}

/** Go where the address says. */
function follow() {
  const { person, to } = parse(location.hash);
  if (person && person !== state.me && state.players.some((player) => player.id === person)) {
    wire.connect(person);
    return;
  }
  const mine = state.player?.channels ?? [];
  const exists = to === "home" || state.channels.some((one) => to === `c/${one.name}` && mine.includes(one.address));
  const before = place;
  place = exists ? to : "dm";
  thread = "";
  if (link(state.me, place) !== location.hash) history.replaceState(null, "", link(state.me, place));
  drawer.close();
  if (place === "home" && before !== "home") look();
  draw();
  if (matchMedia("(hover: hover)").matches && place !== "home" && !document.querySelector("dialog[open]")) composer.box.focus();
}

/** After something was done on the home page, which may say otherwise now. */
function lookAgain() {
  if (place === "home") look();
}

// Drawing

let scheduled = 0;

/** Once a frame, however much news comes. */
function draw() {
  if (!scheduled) scheduled = requestAnimationFrame(drawNow);
}

function drawNow() {
  scheduled = 0;
  const player = state.player;
  if (!player) return;
  const where = here();
  const channel = state.channels.find((one) => one.address === where);
  if (!document.hidden && where) state.read(where);
  rail.draw(state, place, link);
  clock.draw(state, (to) => act(to ? "move" : "tick", { to }, { where: state.me, message: "" }));
  byId("title").replaceChildren(...(channel ? [icon("hash"), channel.name] : [place === "home" ? "Home" : "Instep"]));
  byId("about").textContent = channel
    ? `${channel.members} members`
    : place === "home"
      ? "What Instep shows you alone"
      : `Between ${player.name.split(" ")[0]} and Instep`;
  document.title = `${channel ? `#${channel.name}` : place === "home" ? "Home" : "Instep"} · ${player.name} · Instep playground`;
  byId("composer").hidden = place === "home";
  if (place === "home") drawHome();
  else drawConversation(where, channel?.name);
  document.body.classList.add("drawn");
}

function drawHome() {
  transcript.where = "home";
  const message = state.home;
  const tap = (/** @type {"press"|"open"} */ kind, /** @type {object} */ fields) =>
    act(kind, { where: state.me, message: "", ...fields }, { where: state.me, message: "" });
  const shown = JSON.stringify([state.me, message]);
  if (transcript.root.firstElementChild?.getAttribute("data-shown") !== shown)
    transcript.root.replaceChildren(
      el("div", { class: "home", "data-shown": shown }, message ? card(message, tap) : el("p", { class: "quiet" }, "Nothing here yet.")),
    );
  drawThread([]);
}

/** @param {string} where @param {string|undefined} channel */
function drawConversation(where, channel) {
  const said = state.said(where);
  const { top, under } = threads(said);
  if (transcript.root.firstElementChild !== transcript.list) transcript.root.replaceChildren(transcript.list);
  transcript.draw(`${state.me} ${where}`, top, under);
  if (!said.length) transcript.list.replaceChildren(nothing(channel, state.commands, (words) => composer.begin(words)));
  if (transcript.isAtEnd) byId("newest").hidden = true;
  composer.turnTo(
    `${state.me} ${where}`,
    where,
    channel ? `Message #${channel}` : "Message Instep",
    waiting ? "Instep is answering …" : channel ? "Only /commands and @Instep reach Instep here." : "Enter sends, Shift+Enter starts a new line, / lists the commands.",
  );
  const root = top.find((entry) => entry.id === thread);
  drawThread(root ? [root, ...(under.get(thread) ?? [])] : []);
}

/** @param {Entry[]} entries */
function drawThread(entries) {
  const panel = byId("thread");
  panel.hidden = !entries.length;
  if (!entries.length) return;
  if (!panel.firstElementChild)
    panel.append(
      el(
        "header",
        {},
        el("div", {}, el("h2", { id: "thread-title", tabindex: -1 }, "Thread"), el("p", { id: "thread-about", dir: "auto" })),
        el("button", { type: "button", class: "icon", "aria-label": "Close the thread", onclick: closeThread }, icon("close")),
      ),
      threadList,
    );
  // What it is about is read beside it, or was just now: the panel is for what was added.
  const [root, ...replies] = entries;
  byId("thread-about").textContent = root.message?.title ?? root.words;
  threadTranscript.draw(`${state.me} ${thread}`, replies, new Map());
}

/** @param {Entry} entry */
function openThread(entry) {
  thread = entry.id;
  drawNow();
  byId("thread-title").focus();
}

function closeThread() {
  const opener = thread;
  thread = "";
  drawNow();
  /** @type {HTMLElement|null} */ (document.querySelector(`[data-thread="${CSS.escape(opener)}"]`))?.focus();
}

// The frame

byId("me").addEventListener("click", () =>
  rail.pickPerson(state, (person) => {
    drawer.close();
    go(person, "dm");
  }),
);
byId("newest").addEventListener("click", () => transcript.toEnd());
byId("transcript").addEventListener("scroll", () => {
  if (transcript.isAtEnd) byId("newest").hidden = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (!drawer.close() && thread) closeThread();
});
document.addEventListener("visibilitychange", draw);
addEventListener("hashchange", follow);
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the hash is ours
  composer.box.focus();
});

wire.connect(parse(location.hash).person);
