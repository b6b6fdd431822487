/* The meter's chart, drawn from the table beside it. A day: half hours by their flag over the tariff periods, gaps as
   gaps; a month or year: stacks of the tariff periods; the last hour: raw energy and power. */

const GLYPH = { estimated: "≈", edited: "◆", suspect: "?", missing: "×" };
const SHORT = { peak: "CĐ", offpeak: "TĐ" };
const DAY = 86_400;
const STEPS = { month: [DAY, 2 * DAY, 5 * DAY, 10 * DAY], year: [28 * DAY] };
const FLAGS = ["measured", "estimated", "edited", "suspect"];
let chart = null;
let look = null;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const kilo = (text) => (text === "" || text === undefined ? null : Number(text) / 1000);
const number = (digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits });
const lines = () => [...document.querySelectorAll("#data tbody tr")];

/* Each line of the table as the middle of its step and what is drawn there. */
function read(range, width) {
  const steps = lines().map((line) => {
    const at = Number(line.dataset.start) / 1000;
    const until = line.dataset.end ? Number(line.dataset.end) / 1000 : at + width;
    return { ...line.dataset, at, until, middle: (at + until) / 2, line };
  });
  const x = steps.map((step) => step.middle);
  if (range === "hour") return { steps, data: [x, steps.map((step) => kilo(step.energy)), steps.map((step) => kilo(step.power))] };
  if (range === "day") {
    const by = FLAGS.map((flag) => steps.map((step) => (step.flag === flag ? kilo(step.energy) : null)));
    return { steps, data: [x, ...by] };
  }
  const known = (step, ...names) => (step.energy === "" ? null : names.reduce((sum, name) => sum + Number(step[name]), 0) / 1000);
  return { steps, data: [x, steps.map((step) => known(step, "offpeak", "standard", "peak")), steps.map((step) => known(step, "offpeak", "standard")), steps.map((step) => known(step, "offpeak"))] };
}

function bars(options) {
  return { scale: "kwh", width: 1, paths: uPlot.paths.bars({ size: [0.8, 46], align: 0 }), points: { show: false }, ...options };
}

function series(range, words, width) {
  const edge = colour("--bar-edge");
  if (range === "hour") {
    return [bars({ label: words.energy, fill: colour("--bar"), stroke: edge, value: (_, value) => (value === null ? "–" : number(3).format(value)) }),
      { label: words.power, scale: "kw", stroke: colour("--accent"), width: 2, spanGaps: false, points: { size: 4 }, value: (_, value) => (value === null ? "–" : number(3).format(value)) }];
  }
  if (range === "day") {
    const dashed = { fill: colour("--card"), stroke: edge, dash: width > 600 ? [4, 3] : [], width: 1.5 };
    const looks = { measured: { fill: colour("--bar-edge"), stroke: edge }, estimated: dashed, edited: { fill: colour("--bar"), stroke: edge, width: 2 }, suspect: { fill: colour("--high-soft"), stroke: colour("--high"), width: 1.5 } };
    return FLAGS.map((flag) => bars(looks[flag]));
  }
  return ["--peak", "--standard", "--offpeak"].map((name) => bars({ fill: colour(name), stroke: edge }));
}

/* Behind the bars: the tariff periods of a day, and where nothing is known. */
function behind(plot, { steps }) {
  const { ctx, bbox } = plot;
  const font = Math.round(11 * devicePixelRatio);
  ctx.save();
  ctx.font = `700 ${font}px "Be Vietnam Pro", sans-serif`;
  ctx.textAlign = "left";
  let last = "";
  for (const step of steps) {
    const left = plot.valToPos(step.at, "x", true), right = plot.valToPos(step.until, "x", true);
    if (SHORT[step.period]) {
      ctx.fillStyle = colour(step.period === "peak" ? "--high-soft" : "--low-soft");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = colour(step.period === "peak" ? "--high" : "--low");
      if (step.period !== last) ctx.fillText(SHORT[step.period], left + 3, bbox.top + font + 2);
    }
    last = step.period;
  }
  ctx.restore();
}

/* Over the bars: the sign of each step that is not simply measured, in shape and not in colour alone. */
function over(plot, { steps, data }, range) {
  const { ctx, bbox } = plot;
  const font = Math.round((range === "day" && bbox.width / devicePixelRatio < 500 ? 9 : 13) * devicePixelRatio);
  ctx.save();
  ctx.font = `700 ${font}px "Be Vietnam Pro", "Noto Sans Symbols2", sans-serif`;
  ctx.textAlign = "center";
  steps.forEach((step, place) => {
    const sign = range === "day" ? GLYPH[step.flag] : step.energy === "" ? "×" : step.complete ? "" : "!";
    if (!sign) return;
    const top = Math.max(0, ...data.slice(1).map((values) => values[place] ?? 0));
    ctx.fillStyle = colour(step.flag === "suspect" || sign === "!" ? "--high" : "--muted");
    ctx.fillText(sign, plot.valToPos(step.middle, "x", true), plot.valToPos(top, "kwh", true) - 4 * devicePixelRatio);
  });
  ctx.restore();
}

/* What the pointer is over, in the words of the table. */
function point(plot, { steps }) {
  const step = steps[plot.cursor.idx];
  const cells = step && plot.cursor.left >= 0 ? [...step.line.cells].map((cell) => cell.textContent.trim()) : [];
  const heads = [...document.querySelectorAll("#data thead th")].map((head) => head.textContent);
  document.getElementById("pointed").textContent = cells.map((text, place) => (place ? `${heads[place]}: ${text}` : text)).join(" · ") || "\u00a0";
}

function axisWords(range) {
  const forms = { month: { day: "2-digit", month: "2-digit" }, year: { month: "short" } };
  const form = forms[range] ?? { hour: "2-digit", minute: "2-digit" };
  const words = new Intl.DateTimeFormat(document.documentElement.lang === "vi" && range === "year" ? "vi-VN" : "en-GB", { ...form, timeZone: "Asia/Ho_Chi_Minh" });
  return (_, values) => values.map((value) => words.format(value * 1000));
}

function splits(range, { steps }) {
  if (range !== "year") return undefined;
  return () => steps.map((step) => step.middle);
}

function options(card, width, state) {
  const { range, start, end, ...words } = card.dataset;
  const line = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: '12px "Be Vietnam Pro", sans-serif' };
  const values = (_, all) => all.map((value) => number(2).format(value));
  const most = (_, __, top) => [0, (top || 1) * 1.18];
  const minutes = [5, 10, 60, 120, 180, 240, 360].map((count) => count * 60);
  const x = { ...line, values: axisWords(range), space: range === "month" ? 58 : 60, incrs: STEPS[range] ?? minutes, splits: splits(range, state) };
  const kw = { ...line, scale: "kw", side: 1, size: 64, grid: { show: false }, values };
  return {
    width, height: 300, legend: { show: range === "hour" }, padding: [14, range === "hour" ? 0 : 26, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Asia/Ho_Chi_Minh"),
    scales: { x: { range: () => [Number(start) / 1000, Number(end) / 1000] }, kwh: { range: most }, kw: { range: most } },
    axes: [x, { ...line, scale: "kwh", size: 58, values }, ...(range === "hour" ? [kw] : [])],
    series: [{ label: words.time }, ...series(range, words, width)],
    cursor: { drag: { x: false, y: false }, points: { show: range === "hour" } },
    hooks: { drawClear: [(plot) => range === "day" && behind(plot, plot.state)], draw: [(plot) => range !== "hour" && over(plot, plot.state, range)], setCursor: [(plot) => range !== "hour" && plot.state && point(plot, plot.state)] },
  };
}

function draw() {
  const place = document.getElementById("chart");
  if (!place || typeof uPlot === "undefined") return;
  const card = place.parentElement;
  const state = read(card.dataset.range, card.dataset.range === "hour" ? 60 : 1800);
  const wanted = [colour("--accent"), place.clientWidth, card.dataset.start, state.steps.length].join();
  if (chart && wanted === look && chart.root.isConnected) {
    chart.state = state;
    chart.setData(state.data);
    return;
  }
  chart?.destroy();
  look = wanted;
  const set = options(card, place.clientWidth, state);
  set.hooks.init = [(plot) => { plot.state = state; }];
  chart = new uPlot(set, state.data, place);
}

addEventListener("DOMContentLoaded", draw);
if (document.readyState !== "loading") draw();
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("htmx:after:swap", draw);
document.fonts.ready.then(() => { look = null; draw(); });
