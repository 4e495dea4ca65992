// @ts-check
// Instants as somebody in a zone reads them.

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options */
function format(zone, options) {
  const key = zone + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone || "UTC" });
    } catch {
      made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }); // a zone this browser does not know
    }
    formats.set(key, made);
  }
  return made;
}

/** 15:30 @param {string|Date} at @param {string} zone */
export const time = (at, zone) => format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));

/** Thursday 5 March @param {string|Date} at @param {string} zone */
export const day = (at, zone) => format(zone, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));

/** Thu 5 Mar @param {string|Date} at @param {string} zone */
export const shortDay = (at, zone) =>
  format(zone, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at)).replace(",", "");

/** 2026-03-05, to compare days @param {string|Date} at @param {string} zone */
export const date = (at, zone) =>
  format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));

/** Lisbon @param {string} zone */
export const city = (zone) => (zone.split("/").pop() || "UTC").replaceAll("_", " ");
