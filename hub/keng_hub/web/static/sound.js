/* The sound of the page: while a critical or serious incident waits, until somebody acknowledges it or the person at
   this screen turns the sound off here. Whether it can sound is always visible. */

import { afterPress } from "./press.js";

const EVERY_MS = 2_500;
const words = document.body.dataset;
const button = document.getElementById("sound");
const test = document.getElementById("try");
const announce = document.getElementById("announce");
const known = new Set();
let context = null;
let muted = false;
let timer = 0;

const ringing = () => (document.querySelector("#strip [data-ringing]")?.dataset.ringing ?? "").split(" ").filter(Boolean);
const running = () => context?.state === "running";

/* Two rising strokes of a gong: a struck tone with its overtone, dying away. */
function strike() {
  if (!running()) return;
  for (const [pitch, delay] of [[660, 0], [880, 0.28]]) {
    for (const [ratio, loud] of [[1, 0.5], [2.76, 0.18]]) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const start = context.currentTime + delay;
      tone.frequency.value = pitch * ratio;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(loud, start + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + 1);
    }
  }
}

/* In the bar, which takes another row when the words are longer: the press that allows the sound moves nothing. */
const show = () => afterPress(draw);

function draw() {
  const state = muted ? "off" : running() ? "on" : "blocked";
  button.dataset.state = state;
  button.setAttribute("aria-pressed", String(state === "on"));
  button.querySelector(".words").textContent = { on: words.soundOn, blocked: words.soundBlocked, off: words.soundOff }[state];
  button.dataset.ringing = String(ringing().length > 0 && state === "on");
}

function ring() {
  clearTimeout(timer);
  const now = ringing();
  const fresh = now.filter((id) => !known.has(id));
  fresh.forEach((id) => known.add(id));
  if (fresh.length) {
    muted = false; // turning off the sound was about the incidents of then
    announce.textContent = document.querySelector("#strip [data-say]")?.dataset.say ?? "";
  }
  show();
  if (!now.length || muted) return;
  strike();
  timer = setTimeout(ring, EVERY_MS);
}

function wake() {
  context ??= new AudioContext();
  context.onstatechange = show;
  return context.resume().then(show, show);
}

if (button) {
  button.hidden = test.hidden = false;
  try { wake(); } catch { show(); }
  show();
  button.addEventListener("click", async () => {
    if (running()) muted = !muted;
    else { muted = false; await wake(); }
    ring();
  });
  test.addEventListener("click", async () => { await wake(); strike(); });
  // Any press allows sound. One on the button itself is the click's: woken before it, it would turn the sound off.
  document.addEventListener("pointerdown", (event) => {
    if (!running() && !button.contains(event.target)) wake().then(ring);
  }, { once: true });
  document.addEventListener("htmx:after:swap", (event) => { if (event.detail.ctx.sourceElement.id === "strip") ring(); });
}
