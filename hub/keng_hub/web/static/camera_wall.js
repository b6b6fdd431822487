/* The camera wall fetches itself again while it is seen: at first soon, for the nodes have just been asked. */

const EVERY_MS = 15_000;
const SOON_MS = 2_000;
const SOON = 5;
const wall = document.getElementById("wall");
let tries = 0;

function again() {
  if (document.visibilityState === "visible") wall.dispatchEvent(new CustomEvent("again"));
  plan();
}

function plan() {
  const awaited = document.querySelector("[data-awaited]") && tries < SOON;
  tries += 1;
  setTimeout(again, awaited ? SOON_MS : EVERY_MS);
}

plan();
