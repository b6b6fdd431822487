/* Ages and countdowns go on between two fetches, in the same steps as `span` in render.py. */

import { afterPress } from "./press.js";

const STEPS = [["day", 86_400_000, 2], ["hour", 3_600_000, 2], ["minute", 60_000, 1], ["second", 1_000, 0]];
const words = document.body.dataset;

function span(ms) {
  const [name, length] = STEPS.find(([, length, least]) => ms >= length * least);
  return words[name].replace("{n}", Math.max(0, Math.floor(ms / length)));
}

/* By the hub's clock: a screen with a wrong clock must not show wrong ages. */
let ahead = 0;
document.addEventListener("htmx:before:response", (event) => {
  const told = Date.parse(event.detail.ctx.response.headers.get("date"));
  if (Number.isFinite(told) && Math.abs(Date.now() - told) > 5_000) ahead = Date.now() - told;
  else ahead = 0;
});

function tick() {
  const now = Date.now() - ahead;
  for (const element of document.querySelectorAll("[data-since], [data-until]")) {
    const { since, until } = element.dataset;
    const text = span(Math.max(0, since ? now - Number(since) : Number(until) - now));
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(() => afterPress(tick), 1_000); // a longer word may wrap the line
