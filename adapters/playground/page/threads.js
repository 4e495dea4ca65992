// @ts-check
// What stands on its own in a conversation, and what stands under it.

/** @typedef {import("./types.js").Entry} Entry */

/**
 * @param {Entry[]} said
 * @returns {{top: Entry[], under: Map<string, Entry[]>}}
 */
export function threads(said) {
  const known = new Map(said.map((entry) => [entry.id, entry]));
  /** @type {Entry[]} */
  const top = [];
  /** @type {Map<string, Entry[]>} */
  const under = new Map();
  for (const entry of said) {
    const root = rootOf(entry, known);
    if (root === entry) top.push(entry);
    else under.set(root.id, [...(under.get(root.id) ?? []), entry]);
  }
  return { top, under };
}

/** The first message of its thread, or itself where that is not here. @param {Entry} entry @param {Map<string, Entry>} known */
function rootOf(entry, known) {
  let root = entry;
  for (const seen = new Set(); !seen.has(root.id); ) {
    seen.add(root.id);
    root = known.get(root.under) ?? root;
  }
  return root;
}
