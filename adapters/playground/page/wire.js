// @ts-check
// The two ways between page and server: a stream of news, and acts that are asked again until they are answered.

/** @typedef {import("./types.js").Answer} Answer */

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** The server would not take it; the message is a sentence. */
export class Refused extends Error {}

export class Wire {
  /**
   * @param {(news: any) => void} onNews
   * @param {(connected: boolean) => void} onState
   */
  constructor(onNews, onState) {
    this.onNews = onNews;
    this.onState = onState;
    this.person = "";
    /** @type {WebSocket|null} */
    this.socket = null;
    this.failures = 0;
    this.timer = 0;
    addEventListener("online", () => this.again());
  }

  /** Listen as this person, or as the first there is. @param {string} person */
  connect(person) {
    this.person = person;
    this.failures = 0;
    this.again();
  }

  again() {
    clearTimeout(this.timer);
    if (this.socket) this.socket.onclose = this.socket.onmessage = null;
    this.socket?.close();
    // The address may name somebody who is not here (any more): every other try asks for whoever is.
    const asked = this.person && this.failures % 2 === 0 ? `?as=${encodeURIComponent(this.person)}` : "";
    const socket = new WebSocket(`ws://${location.host}/stream${asked}`);
    this.socket = socket;
    socket.onmessage = (event) => {
      const news = JSON.parse(event.data);
      if (news.kind === "hello") {
        this.person = news.me;
        this.failures = 0;
        this.onState(true);
      }
      this.onNews(news);
    };
    socket.onclose = () => {
      this.failures += 1;
      if (this.failures > 1) this.onState(false);
      this.timer = setTimeout(() => this.again(), Math.min(8000, 150 * 2 ** this.failures));
    };
  }

  /**
   * Do something; `as` says who. The key makes it the same act however often it has to be asked.
   * @param {string} kind
   * @param {{as: string} & Record<string, unknown>} fields
   * @returns {Promise<Answer>}
   */
  async act(kind, fields) {
    const body = JSON.stringify({ kind, key: crypto.randomUUID(), ...fields });
    for (let failures = 0; ; ) {
      let response;
      try {
        response = await fetch("/acts", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      } catch {
        failures += 1;
        if (failures > 8) throw new Refused("The playground does not answer. Is it still running?");
        await pause(Math.min(4000, 200 * 2 ** failures));
        continue;
      }
      const answer = await response.json();
      if (response.status === 202) continue;
      if (!response.ok) throw new Refused(answer.error);
      return answer;
    }
  }
}
