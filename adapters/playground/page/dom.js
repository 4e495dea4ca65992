// @ts-check
// Making elements. Words go in as text nodes only, so nothing anybody typed can become markup.

/**
 * @typedef {Node|string|null|undefined|false} Child
 * @typedef {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} Attributes
 */

/**
 * An element. Attributes that are functions are listeners (`onclick`), true is an empty attribute, false is none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

/**
 * The same for SVG.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(node, attributes, children);
  return node;
}

/** @param {Element} node @param {Attributes} attributes @param {Child[]} children */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => /** @type {Node|string} */ (child)));
}

/**
 * One of the elements of index.html.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no #${id}`);
  return node;
}

/**
 * Take a closed dialog off the page. The browser has given the focus back by then, but Chromium leaves the caret
 * in what is removed, and the focused box would take no typing until it is focused anew.
 * @param {HTMLDialogElement} dialog
 */
export function discard(dialog) {
  const back = document.activeElement;
  dialog.remove();
  if (back instanceof HTMLElement && back !== document.body) {
    back.blur();
    back.focus();
  }
}

const paths = {
  close: "M5 5l10 10M15 5L5 15",
  menu: "M3 6h14M3 10h14M3 14h9",
  home: "M3.5 9.5L10 4l6.5 5.5V16a.8.8 0 0 1-.8.8h-3.5V12H7.8v4.8H4.3a.8.8 0 0 1-.8-.8z",
  chat: "M4 4.5h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-6l-3.6 3v-3H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z",
  hash: "M7.5 3.5l-1.6 13M14 3.5l-1.6 13M3.8 7.5h13M3.2 12.5h13",
  send: "M4 10h11M10.5 5.5L15 10l-4.5 4.5",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  swap: "M6 8l4-4 4 4M6 12l4 4 4-4",
};

/**
 * A small line drawing.
 * @param {keyof typeof paths} name
 */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true", class: "sign" },
    svg("path", { d: paths[name] }),
  );
}
