/* Draws the areas, lines and masks of the form on a still: by pointer or by keys. The fields of the form stay the truth. */

const STEP = 0.01, COARSE = 0.05, CLOSE = 0.03, MOST = { areas: 8, lines: 8, masks: 16 };
const SAMPLE = { lines: [[0.2, 0.7], [0.8, 0.7]], areas: [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]] };
const form = document.getElementById("editor"), canvas = document.getElementById("canvas");
const svg = canvas.querySelector("svg"), said = document.getElementById("drawing-said");
let chosen = null, drawing = null;

const field = (card) => card.querySelector("input.points");
const cards = () => [...form.querySelectorAll(".shape-card[data-kind]")];
const nameOf = (card) => card.querySelector("legend").textContent.trim().replace(/\s+/g, " ");
const tell = (text, values = {}) => { said.textContent = text.replace(/\{(\w+)\}/g, (_, key) => values[key]); };
const share = (value) => Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));

function read(card) {
  const pairs = field(card).value.trim().split(/\s+/).filter(Boolean).map((pair) => pair.split(",").map(Number));
  return pairs.filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
}

function write(card, points) {
  field(card).value = points.map((point) => point.map(share).join(",")).join(" ");
  draw();
}

function make(card) {
  const points = read(card), kind = card.dataset.kind;
  if (!points.length) return null;
  const open = kind === "lines" || card === drawing;
  const shape = document.createElementNS(svg.namespaceURI, open ? "polyline" : "polygon");
  shape.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  shape.setAttribute("class", `${kind.slice(0, -1)}${card === chosen ? " chosen" : ""}`);
  shape.addEventListener("pointerdown", (event) => { if (!drawing) { event.stopPropagation(); choose(card); } });
  return shape;
}

function draw() {
  svg.replaceChildren(...cards().map(make).filter(Boolean));
  const points = chosen ? read(chosen) : [];
  const corners = [...canvas.querySelectorAll(".corner")];
  corners.slice(points.length).forEach((corner) => corner.remove());
  points.forEach((point, n) => place(corners[n] ?? corner(n), n, point));
}

function place(button, n, [x, y]) {
  button.style.left = `${x * 100}%`;
  button.style.top = `${y * 100}%`;
  button.setAttribute("aria-label", form.dataset.corner.replace("{n}", n + 1).replace("{name}", nameOf(chosen)));
}

function corner(n) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "corner";
  button.addEventListener("pointerdown", (event) => take(event, button, n));
  button.addEventListener("keydown", (event) => key(event, n));
  canvas.append(button);
  return button;
}

function spot(event) {
  const box = canvas.getBoundingClientRect();
  return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
}

function take(event, button, n) {
  event.preventDefault();
  event.stopPropagation();
  if (drawing) { if (n === 0 && read(drawing).length > 2) finish(); return; }
  button.focus();
  button.setPointerCapture(event.pointerId);
  const move = (moved) => put(n, spot(moved));
  const end = () => { button.removeEventListener("pointermove", move); };
  button.addEventListener("pointermove", move);
  button.addEventListener("pointerup", end, { once: true });
  button.addEventListener("pointercancel", end, { once: true });
}

function put(n, point) {
  const points = read(chosen);
  points[n] = point;
  write(chosen, points);
  tell(form.dataset.at, { n: n + 1, x: Math.round(point[0] * 100), y: Math.round(point[1] * 100) });
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event, n) {
  const points = read(chosen), step = event.shiftKey ? COARSE : STEP, move = MOVES[event.key];
  if (move) put(n, [share(points[n][0] + move[0] * step), share(points[n][1] + move[1] * step)]);
  else if (["Delete", "Backspace"].includes(event.key)) remove(points, n);
  else if (["+", "Insert"].includes(event.key) && chosen.dataset.kind !== "lines") split(points, n);
  else return;
  event.preventDefault();
}

function remove(points, n) {
  if (chosen.dataset.kind === "lines" || points.length < 4) return;
  points.splice(n, 1);
  write(chosen, points);
  canvas.querySelectorAll(".corner")[Math.min(n, points.length - 1)].focus();
}

function split(points, n) {
  const next = points[(n + 1) % points.length];
  points.splice(n + 1, 0, [share((points[n][0] + next[0]) / 2), share((points[n][1] + next[1]) / 2)]);
  write(chosen, points);
  canvas.querySelectorAll(".corner")[n + 1].focus();
}

function choose(card) {
  if (drawing && drawing !== card) finish();
  chosen?.removeAttribute("data-chosen");
  chosen = card;
  card.setAttribute("data-chosen", "");
  draw();
  if (!drawing && read(card).length) tell(form.dataset.chosen, { name: nameOf(card) });
}

function begin(card) {
  drawing = card;
  choose(card);
  write(card, []);
  tell(card.dataset.kind === "lines" ? form.dataset.line : form.dataset.drawing);
  canvas.scrollIntoView({ block: "nearest" });
}

function finish() {
  const card = drawing;
  drawing = null;
  draw();
  tell(form.dataset.chosen, { name: nameOf(card) });
}

svg.addEventListener("pointerdown", (event) => {
  if (!drawing) return;
  event.preventDefault();
  const points = read(drawing), point = spot(event);
  const box = canvas.getBoundingClientRect();
  const near = points.length > 2 && Math.hypot(point[0] - points[0][0], (point[1] - points[0][1]) * box.height / box.width) < CLOSE;
  if (near) return finish();
  write(drawing, [...points, point]);
  if (drawing.dataset.kind === "lines" && points.length === 1) finish();
});

function sample(card) {
  drawing = null;
  choose(card);
  write(card, SAMPLE[card.dataset.kind] ?? SAMPLE.areas);
  canvas.querySelector(".corner").focus();
  tell(form.dataset.chosen, { name: nameOf(card) });
}

function more(kind) {
  const list = form.querySelector(`[data-list=${kind}]`), n = list.children.length + 1;
  if (n > MOST[kind]) return;
  const made = document.createElement("template");
  made.innerHTML = document.getElementById(`more-${kind}`).innerHTML.replaceAll("__n__", n);
  list.append(made.content);
  equip(list.lastElementChild);
  list.lastElementChild.querySelector("input:not([type=hidden])").focus();
}

function clear(card) {
  drawing = null;
  choose(card);
  card.querySelectorAll("input[name$='-name']").forEach((input) => { input.value = ""; });
  write(card, []);
}

function equip(card) {
  const acts = { draw: begin, sample, clear };
  card.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => acts[button.dataset.do](card)));
  card.addEventListener("focusin", () => { if (card !== chosen) choose(card); });
  field(card).addEventListener("input", draw);
  card.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
}

form.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
form.querySelectorAll("[data-more]").forEach((button) => button.addEventListener("click", () => more(button.dataset.more)));
cards().forEach(equip);
draw();
