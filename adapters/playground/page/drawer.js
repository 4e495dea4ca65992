// @ts-check
// The rail on a phone: a drawer over the conversation.

import { byId, icon } from "./dom.js";

function open() {
  document.body.classList.add("drawer");
  byId("veil").hidden = false;
  byId("main").inert = true;
  byId("menu").setAttribute("aria-expanded", "true");
  byId("me").focus();
}

/** @returns {boolean} whether it was open */
export function close() {
  if (!document.body.classList.contains("drawer")) return false;
  document.body.classList.remove("drawer");
  byId("veil").hidden = true;
  byId("main").inert = false;
  byId("menu").setAttribute("aria-expanded", "false");
  byId("menu").focus();
  return true;
}

byId("menu").append(icon("menu"));
byId("menu").addEventListener("click", open);
byId("veil").addEventListener("click", close);
