/* Live view: the newest picture, and when it is here the next one; never two requests at once, so nothing is queued. */

const LOST_MS = 4_000;
const REST_MS = 1_000;
const PATIENCE_MS = 8_000; // more than the hub waits for a picture
const OVER = "over";
const live = document.getElementById("live");
const image = document.getElementById("live-picture");
const told = document.getElementById("live-age");
const spoken = document.getElementById("live-word"); // read aloud when it changes, unlike the age
const words = live.dataset;
let taken = 0;
let from = performance.now(); // when the picture that is shown was taken, by this page's clock
let over = false;
let said = "";

async function next() {
  const answer = await fetch(`${words.picture}?after=${taken}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.headers.get("Picture-State") === OVER) return end();
  if (answer.redirected) return location.reload(); // the session is over: log in again
  if (answer.status !== 200) return answer.ok ? undefined : rest();
  const fresh = URL.createObjectURL(await answer.blob());
  taken = Number(answer.headers.get("Picture-Taken"));
  from = performance.now() - Number(answer.headers.get("Picture-Age"));
  const old = image.src;
  image.src = fresh;
  image.hidden = false;
  await image.decode().catch(() => {});
  if (old) URL.revokeObjectURL(old);
}

const rest = () => new Promise((resolve) => { setTimeout(resolve, REST_MS); });

async function watch() {
  while (!over) {
    if (document.visibilityState === "visible") await next().catch(rest);
    else await rest(); // nobody looks: the node stops by itself
  }
}

function end() {
  over = true;
  location.replace(`${location.pathname}?over=1`);
}

function say(text) {
  if (text !== said) told.textContent = said = text;
}

function tick() {
  if (over) return;
  const age = performance.now() - from;
  const lost = age > LOST_MS;
  live.querySelector("figure").classList.toggle("lost", lost);
  const seconds = age < 10_000 ? (Math.floor(age / 500) / 2).toLocaleString(document.documentElement.lang) : Math.floor(age / 1_000);
  const word = lost ? words.gone : "";
  if (spoken.textContent !== word) spoken.textContent = word;
  if (taken || lost) say((lost ? words.lost : words.age).replace("{n}", seconds));
}

setInterval(tick, 500);
window.addEventListener("pagehide", () => {
  over = true;
  navigator.sendBeacon(words.end);
});
watch();
