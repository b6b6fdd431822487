/* The live parts of a page: what failed is marked and tried again, lists do not move under the finger, and what
   stands on the screen is reported once. */
import { say } from "./live.js";

const AGAIN_MS = 2_000;
const HOLD_MS = 2_500;
const LOCKED = 423; // fetched again when it is unlocked
const words = document.body.dataset;
const held = document.getElementById("held");
const rows = () => document.getElementById("rows");
let touched = 0;
const reported = new Set();

/* A part that could not be fetched is old: say so on it, and fetch again. */
function failed(part) {
  part.classList.add("stale");
  part.dataset.note = words.stale;
  clearTimeout(part.again);
  if (document.body.classList.contains("offline")) return; // `sync` fetches it when the link is back
  part.again = setTimeout(() => part.dispatchEvent(new CustomEvent("again")), AGAIN_MS);
}

function part(event) {
  const element = event.detail?.ctx?.sourceElement;
  return element?.matches?.("[data-live-part]") ? element : null;
}

document.addEventListener("htmx:error", (event) => { const one = part(event); if (one) failed(one); });
document.addEventListener("htmx:response:error", (event) => {
  const one = part(event);
  if (one && !event.detail.ctx.hx?.redirect && event.detail.ctx.response.status !== LOCKED) failed(one);
});
document.addEventListener("htmx:after:swap", (event) => {
  const one = part(event);
  const context = event.detail.ctx;
  if (one && context.response.status < 400) one.classList.remove("stale");
  const form = context.sourceElement;
  if (form?.matches?.("form") && context.response.status < 400) form.reset(); // said and done
  report();
});

/* While a finger or a moving mouse is on the list, new rows wait behind a bar; changes inside rows do not. */
for (const kind of ["pointerdown", "pointermove", "touchmove", "wheel", "keydown"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.closest?.("#rows")) touched = Date.now();
  }, { passive: true });
}

document.addEventListener("htmx:before:swap", (event) => {
  const context = event.detail.ctx;
  if (part(event)?.id !== "list" || !rows() || Date.now() - touched > HOLD_MS) {
    if (held && part(event)?.id === "list") held.hidden = true;
    return;
  }
  const fresh = new DOMParser().parseFromString(context.text, "text/html").querySelectorAll("#rows > li");
  const now = [...rows().children].map((row) => row.id);
  const next = [...fresh].map((row) => row.id);
  if (now.join() === next.join()) return;
  event.preventDefault();
  const count = next.filter((id) => !now.includes(id)).length;
  held.textContent = words.held.replace("{n}", count);
  held.hidden = count === 0;
  const list = context.sourceElement;
  clearTimeout(list.again);
  list.again = setTimeout(() => list.dispatchEvent(new CustomEvent("again")), HOLD_MS);
});

held?.addEventListener("click", () => {
  touched = 0;
  held.hidden = true;
  document.getElementById("list").dispatchEvent(new CustomEvent("again"));
});

/* Each incident that stands on a visible page is reported once: the last hop of its alarms. */
function report() {
  if (document.visibilityState !== "visible" || document.body.classList.contains("locked")) return;
  const fresh = [...document.querySelectorAll("[data-shows]")].map((row) => Number(row.dataset.shows))
    .filter((id) => !reported.has(id)).slice(0, 200);
  if (fresh.length && say({ shown: fresh })) fresh.forEach((id) => reported.add(id));
}

document.getElementById("stream").addEventListener("sync", report);
/* A known incident may have got another alarm: report it again with the next look at it. */
document.getElementById("stream").addEventListener("incident", (event) => reported.delete(event.detail.incident));
document.addEventListener("visibilitychange", report);
