/* The page's one WebSocket: [n, name, data] becomes a DOM event on #stream; the rules stand in docs/pages.md. */

import { afterPress } from "./press.js";

const BEAT_LATE_MS = 25_000; // the server beats every 10 s
const FIRST_MS = 500;
const LONGEST_MS = 5_000;
const SESSION_OVER = 4401;

const stream = document.getElementById("stream");
const words = document.body.dataset;
let socket = null;
let last = null; // the number of the newest event seen
let heard = 0; // when the server last said something
let wait = FIRST_MS;
let timer = 0;
let version = null;
let lostAt = null;

export function connect() {
  clearTimeout(timer);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/live${last === null ? "" : `?since=${last}`}`);
  socket = mine;
  heard = Date.now(); // a new socket gets its full time: an old stamp would close it at once, for ever
  mine.onopen = () => { heard = Date.now(); };
  mine.onmessage = (message) => { if (socket === mine) hear(message); };
  mine.onclose = (closed) => { if (socket === mine) { socket = null; lose(closed.code); } };
}

/** Tell the hub which incidents stand on this screen; it answers with nothing. */
export function say(what) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(what));
  return true;
}

function hear(message) {
  heard = Date.now();
  const [n, name, data] = JSON.parse(message.data);
  if (name === "sync") {
    if (version !== null && version !== data.version && !document.querySelector("textarea:focus, input:focus")) {
      location.reload(); // the hub was updated: old scripts must not meet new pages
      return;
    }
    version = data.version;
    last = n;
    wait = FIRST_MS;
    live();
  } else if (name !== "beat") {
    if (last !== null && n <= last) return;
    last = n;
  }
  stream.dispatchEvent(new CustomEvent(name, { detail: data }));
}

function live() {
  lostAt = null;
  document.body.classList.remove("offline");
  show("live", words.live, "");
}

function lose(code) {
  if (code === SESSION_OVER) {
    location.assign(words.login ?? "/login");
    return;
  }
  lostAt ??= new Date();
  document.body.classList.add("offline");
  const at = lostAt.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
  show("gone", words.connecting, words.lost.replace("{t}", at));
  timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_MS);
}

function show(state, text, bar) {
  afterPress(() => {
    const place = document.getElementById("link");
    const lost = document.getElementById("lost");
    place.dataset.state = state;
    place.querySelector(".words").textContent = text;
    lost.textContent = bar;
    lost.hidden = !bar;
  });
}

function watch() {
  if (socket && Date.now() - heard > BEAT_LATE_MS) {
    const old = socket;
    socket = null; // its close may take minutes when the cable is cut: do not wait for it
    old.onclose = null;
    old.close();
    lose(0);
  }
}

setInterval(watch, 1_000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  watch();
  if (!socket) connect();
});
window.addEventListener("pagehide", () => {
  clearTimeout(timer);
  if (socket) { socket.onclose = null; socket.close(); socket = null; }
});
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
