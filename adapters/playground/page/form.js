// @ts-check
// A form as a dialog: it stays open, with everything typed, until it is taken.

import { discard, el, icon } from "./dom.js";
import { text } from "./card.js";
import { confirmed } from "./confirm.js";
import { field } from "./fields.js";

/** @typedef {import("./types.js").Form} Form */
/** @typedef {import("./types.js").Answer} Answer */

/**
 * @param {Form} form
 * @param {(values: Record<string, string|string[]>) => Promise<Answer>} submit
 * @param {(field: string, typed: string) => Promise<Answer>} suggest
 * @returns {Promise<Form|null>} the next form where one follows
 */
export function ask(form, submit, suggest) {
  const fields = form.fields.map((one) => field(one, suggest));
  const whole = el("p", { class: "error whole", role: "alert", hidden: true });
  const save = el("button", { type: "submit", class: "button primary" }, form.submit);
  /** @type {Form|null} */
  let next = null;
  let touched = false;

  const leave = async () => {
    if (!touched || (await confirmed("Leave without saving what you typed?", "Leave", { danger: true, no: "Stay" }))) dialog.close();
  };
  const body = el(
    "form",
    { novalidate: true },
    el(
      "header",
      {},
      el("h2", { id: "form-title", dir: "auto" }, form.title),
      el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: leave }, icon("close")),
    ),
    el("div", { class: "fields" }, form.intro && text(form.intro), whole, ...fields.map((one) => one.node)),
    el(
      "footer",
      { class: "buttons end" },
      el("button", { type: "button", class: "button", onclick: leave }, "Cancel"),
      save,
    ),
  );
  const dialog = el("dialog", { class: "form", "aria-labelledby": "form-title" }, body);

  /** @param {Record<string, string>} errors */
  const complain = (errors) => {
    const known = new Set(form.fields.map((one) => one.name));
    const others = Object.entries(errors).filter(([name, words]) => words && !known.has(name)).map(([, words]) => words);
    whole.textContent = others.join(" ");
    whole.hidden = !others.length;
    for (const one of fields) one.complain(errors[one.name] ?? "");
    const first = fields.find((one) => errors[one.name]);
    if (first) first.focus();
    else whole.scrollIntoView({ block: "nearest" });
  };

  body.addEventListener("input", () => (touched = true));
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (save.disabled) return;
    const missing = Object.fromEntries(fields.map((one) => [one.name, one.missing()]).filter(([, words]) => words));
    complain(missing);
    if (Object.keys(missing).length) return;
    save.disabled = true;
    body.setAttribute("aria-busy", "true");
    try {
      const answer = await submit(Object.fromEntries(fields.map((one) => [one.name, one.value()])));
      if (answer.kind === "invalid") complain(answer.errors);
      else {
        if (answer.kind === "form") next = answer.form;
        dialog.close();
      }
    } catch (error) {
      complain({ "": error instanceof Error ? error.message : String(error) });
    } finally {
      save.disabled = false;
      body.removeAttribute("aria-busy");
    }
  });
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault(); // on a select it would open the list
    body.requestSubmit();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.focus();
  return new Promise((done) =>
    dialog.addEventListener("close", () => {
      discard(dialog);
      done(next);
    }),
  );
}
