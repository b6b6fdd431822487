/* The wall's clock, and a fresh start each night at three unless something burns. */

const clock = document.getElementById("clock");
const options = { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
const begun = Date.now();
const HOUR_MS = 3_600_000;

function tick() {
  const now = new Date().toLocaleTimeString("vi-VN", options);
  clock.textContent = now;
  const calm = !document.querySelector(".burning") && !document.body.classList.contains("offline");
  if (now.startsWith("03:00") && calm && Date.now() - begun > HOUR_MS) location.reload();
}

setInterval(tick, 1_000);
tick();
