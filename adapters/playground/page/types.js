// @ts-check
// The shapes that come over the wire, for the type checker and the reader.

/** @typedef {{value: string, label: string}} Option */
/** @typedef {{kind: "text", quiet: boolean, spans: {words: string, style: "plain"|"bold"|"italic"|"code"}[]}} Text */
/** @typedef {{kind: "quote", words: string, note: string}} Quote */
/** @typedef {{kind: "facts", rows: [string, string][]}} Facts */
/** @typedef {{name: string, values: (number|null)[]}} Series */
/** @typedef {{kind: "chart", title: string, shape: "bars"|"lines", labels: string[], series: Series[], fallback: string, unit: string}} Chart */
/** @typedef {{kind: "pick", prompt: Text, press: string, subject: string, options: Option[], chosen: string}} Pick */
/** @typedef {Text|Quote|Facts|Chart|{kind: "rule"}|Pick} Block */
/** @typedef {{label: string, press: string, subject: string, style: "plain"|"primary"|"danger", confirm: string}} Button */
/** @typedef {{title: string, blocks: Block[], buttons: Button[], form: {name: string, subject: string, title: string}|null}} Message */

/** @typedef {{kind: "text", name: string, label: string, value: string, hint: string, placeholder: string, rows: number, optional: boolean}} TextField */
/** @typedef {{kind: "choice", name: string, label: string, options: Option[], chosen: string[], hint: string, many: boolean, optional: boolean, suggests: boolean}} ChoiceField */
/** @typedef {{name: string, subject: string, title: string, intro: Text|null, fields: (TextField|ChoiceField)[], submit: string}} Form */

/** @typedef {{id: string, turn: number, where: string, by: string, at: string, under: string, private: boolean, edited: boolean, words: string|null, message: Message|null}} Entry */
/** @typedef {{id: string, name: string, role: string, teams: string[], zone: string, channels: string[]}} Player */
/** @typedef {{address: string, name: string, members: number}} Channel */
/** @typedef {{words: string, hint: string}} Command */
/** @typedef {{kind: "nothing"}|{kind: "form", form: Form}|{kind: "invalid", errors: Record<string, string>}|{kind: "choices", options: Option[]}|{kind: "failed", words: string}|{kind: "page", message: Message}} Answer */

export {};
