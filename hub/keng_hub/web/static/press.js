/* A press on a page that changes: what goes down on a button comes up on the same one.

   A change between the two replaces or moves what is pressed, and the browser then makes no click of it. So what was
   fetched, and what a script says in the bar on top, waits until the press is over, and no longer than PATIENCE_MS: no
   alarm waits behind a finger that rests. */

const PATIENCE_MS = 2_000;
const CLICK_MS = 50; // a click follows at once when the finger is up, or none does
const PRESSED_BY_SPACE = "button, summary, input:not([type=text], [type=search], [type=number]), select";
let over = Promise.resolve();
let release = null;
let timer = 0;

function begin() {
  if (!release) over = new Promise((done) => { release = done; });
  endIn(PATIENCE_MS);
}

function end() {
  clearTimeout(timer);
  release?.();
  release = null;
}

function endIn(ms) {
  clearTimeout(timer);
  timer = setTimeout(end, ms);
}

const listen = (kind, act) => document.addEventListener(kind, act, { capture: true, passive: true });
listen("pointerdown", (event) => { if (event.isPrimary && event.button === 0) begin(); });
listen("pointerup", () => { if (release) endIn(CLICK_MS); });
listen("click", () => { if (release) endIn(0); }); // the handlers of the click come first
listen("pointercancel", end);
listen("keydown", (event) => { if (event.key === " " && event.target.matches?.(PRESSED_BY_SPACE)) begin(); });
listen("keyup", () => { if (release) endIn(CLICK_MS); });
window.addEventListener("blur", end);

/** Do what moves things on the page: now, or when the finger is up. */
export function afterPress(act) {
  if (release) over.then(act);
  else act();
}

document.addEventListener("htmx:before:swap", (event) => {
  if (!release) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // nobody else has seen this one yet
  afterPress(() => window.htmx.swap(event.detail.ctx));
});
