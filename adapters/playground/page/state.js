// @ts-check
// What the page knows: kept up with the news, asked by everything that draws.

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Player} Player */
/** @typedef {import("./types.js").Channel} Channel */

const READS = "instep.reads";

export class State {
  constructor() {
    this.me = "";
    /** @type {Player[]} */ this.players = [];
    /** @type {Channel[]} */ this.channels = [];
    /** @type {import("./types.js").Command[]} */ this.commands = [];
    /** @type {{to: string, label: string}[]} */ this.moves = [];
    /** @type {Map<string, Entry>} */ this.entries = new Map();
    /** @type {import("./types.js").Message|null} */ this.home = null;
    /** @type {Record<string, number>} the last turn of ours in each DM */ this.latest = {};
    this.now = new Date().toISOString();
    this.moving = false;
    this.run = "";
    /** @type {Record<string, number>} the last turn read, by "person where" */ this.reads = {};
    this.baseline = 0;
  }

  /** @returns {Player|undefined} */
  get player() {
    return this.players.find((player) => player.id === this.me);
  }

  get zone() {
    return this.player?.zone || "UTC";
  }

  /** @param {string} id */
  named(id) {
    return this.players.find((player) => player.id === id) ?? { id, name: id.replace("playground:", "") };
  }

  /** @param {any} hello */
  begin(hello) {
    Object.assign(this, {
      me: hello.me,
      commands: hello.commands,
      moves: hello.moves,
      home: hello.home,
      latest: hello.latest,
      now: hello.now,
      moving: hello.moving,
      entries: new Map(hello.entries.map((/** @type {Entry} */ entry) => [entry.id, entry])),
    });
    if (this.run === hello.run) return;
    this.run = hello.run;
    const kept = JSON.parse(localStorage.getItem(READS) ?? "{}");
    // What was there before this browser first looked is not news.
    const turns = [...Object.values(this.latest), ...[...this.entries.values()].map((entry) => entry.turn)];
    this.baseline = kept.run === hello.run ? kept.baseline : Math.max(0, ...turns);
    this.reads = kept.run === hello.run ? kept.reads : {};
  }

  /** Everything said in one conversation, in order. @param {string} where */
  said(where) {
    return [...this.entries.values()].filter((entry) => entry.where === where).sort((a, b) => a.turn - b.turn);
  }

  /** @param {string} where @param {string} [person] */
  isUnread(where, person = this.me) {
    const read = this.reads[`${person} ${where}`] ?? this.baseline;
    if (person !== this.me) return (this.latest[where] ?? 0) > read;
    return this.said(where).some((entry) => entry.turn > read && entry.by !== person);
  }

  /** @param {string} where */
  read(where) {
    const last = this.said(where).at(-1)?.turn ?? 0;
    if (last <= (this.reads[`${this.me} ${where}`] ?? this.baseline)) return;
    this.reads[`${this.me} ${where}`] = last;
    localStorage.setItem(READS, JSON.stringify({ run: this.run, baseline: this.baseline, reads: this.reads }));
  }

  /** People other than this one who have something new from Instep. */
  waiting() {
    return this.players.filter((player) => player.id !== this.me && this.isUnread(player.id, player.id));
  }
}
