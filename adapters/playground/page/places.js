// @ts-check
// Places as the address names them: #ana/dm, #ana/home, #ana/c/platform.

/** @param {string} person @param {string} to */
export function link(person, to) {
  return `#${[person.replace("playground:", ""), ...to.split("/")].map(encodeURIComponent).join("/")}`;
}

/**
 * @param {string} hash
 * @returns {{person: string, to: string}} empty where the address says nothing
 */
export function parse(hash) {
  const [name, ...rest] = hash.slice(1).split("/").map(decode);
  return { person: name && `playground:${name}`, to: rest.join("/") };
}

/** @param {string} words */
function decode(words) {
  try {
    return decodeURIComponent(words);
  } catch {
    return words; // typed by hand, with a % that stands for itself
  }
}
