/* The cover of a locked page. The hub decides when; the page is covered with all that was typed, and goes on sounding. */
import { say } from "./live.js";

const NOTED_MS = 30_000;
const template = document.getElementById("cover");
const alone = document.getElementById("lock-form"); // the page that is nothing but the question
const covered = () => document.querySelectorAll("#main, .places, footer, .skip");
let cover = null;
let before = null;
let noted = 0;

function lock() {
  if (cover || !template) return;
  before = document.activeElement;
  cover = template.content.firstElementChild.cloneNode(true);
  document.getElementById("main").before(cover);
  window.htmx.process(cover);
  document.body.classList.add("locked");
  covered().forEach((one) => { one.inert = true; });
  cover.querySelector("[name=password]").focus();
}

function unlock() {
  if (alone) location.assign(alone.dataset.next);
  if (!cover) return;
  cover.remove();
  cover = null;
  document.body.classList.remove("locked");
  covered().forEach((one) => { one.inert = false; });
  before?.focus();
  document.querySelectorAll("[data-live-part]").forEach((part) => part.dispatchEvent(new CustomEvent("again")));
}

for (const kind of ["sync", "beat"]) {
  document.getElementById("stream").addEventListener(kind, (event) => (event.detail.locked ? lock : unlock)());
}
document.addEventListener("locked", lock);
document.addEventListener("unlocked", unlock);

/* Reading and typing count as much as forms do: who is at work is not locked out. */
for (const kind of ["pointerdown", "keydown", "wheel"]) {
  document.addEventListener(kind, () => {
    if (cover || !template || Date.now() - noted < NOTED_MS) return;
    if (say({ acted: true })) noted = Date.now();
  }, { passive: true });
}
