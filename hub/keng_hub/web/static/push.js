// Turns notifications of this browser on and off. Without the abilities it needs, the section stays hidden.
const section = document.getElementById("push");

async function begin() {
  if ((await Notification.requestPermission()) !== "granted") return say("denied");
  const { key } = await (await fetch("/push/key")).json();
  const worker = await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
  await ready(worker);
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = made.toJSON();
  const answer = await fetch("/push", { method: "POST", body: new URLSearchParams({ endpoint, ...keys }) });
  if (!answer.ok) {
    await made.unsubscribe();
    return say("failed");
  }
  say("on");
}

async function end() {
  const found = await current();
  if (found) {
    await fetch("/push/end", { method: "POST", body: new URLSearchParams({ endpoint: found.endpoint }) });
    await found.unsubscribe();
  }
  say("off");
}

async function current() {
  const worker = await navigator.serviceWorker.getRegistration("/push/");
  return worker ? worker.pushManager.getSubscription() : null;
}

function ready(worker) {
  const coming = worker.installing || worker.waiting;
  if (worker.active || !coming) return Promise.resolve();
  return new Promise((done) => coming.addEventListener("statechange", () => worker.active && done()));
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function say(state) {
  section.querySelector("[role=status]").textContent = section.dataset[state];
  section.querySelector("#push-on").hidden = state === "on";
  section.querySelector("#push-off").hidden = state !== "on";
}

if (section && "PushManager" in window && "serviceWorker" in navigator) {
  section.hidden = false;
  section.querySelector("#push-on").addEventListener("click", () => begin().catch(() => say("failed")));
  section.querySelector("#push-off").addEventListener("click", () => end().catch(() => say("failed")));
  current().then((found) => say(found ? "on" : "off"));
}
