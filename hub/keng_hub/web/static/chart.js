/* The meter's chart, drawn from the table beside it: bars of energy, a line of power, gaps as gaps. */

const MINUTE = 60;
let chart = null;
let colours = null;

const parse = (text) => (text === "" ? null : Number(text) / 1000);
const format = (digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits });

function read() {
  const lines = [...document.querySelectorAll("#data tbody tr")];
  const half = Number(document.getElementById("chart").parentElement.dataset.width) / 2000;
  const at = lines.map((line) => Number(line.dataset.at) / 1000 + half); // the middle of each slot
  return [at, lines.map((line) => parse(line.dataset.energy)), lines.map((line) => parse(line.dataset.power))];
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function times(range) {
  const form = range === "week" ? { weekday: "short", day: "2-digit", month: "2-digit" } : { hour: "2-digit", minute: "2-digit" };
  const words = new Intl.DateTimeFormat(document.documentElement.lang === "vi" ? "vi-VN" : "en-GB", { ...form, timeZone: "Asia/Ho_Chi_Minh" });
  return (_, values) => values.map((value) => words.format(value * 1000));
}

function options(place, width) {
  const { range, time, energy, power, start, end, width: slot } = place.parentElement.dataset;
  const line = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: '12px "Be Vietnam Pro", sans-serif' };
  const number = format(2);
  const words = new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
  const hour = (seconds) => words.format(seconds * 1000);
  return {
    width, height: 300,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Asia/Ho_Chi_Minh"),
    scales: { x: { range: () => [Number(start) / 1000, Number(end) / 1000] }, kwh: { range: (_, __, most) => [0, (most || 1) * 1.15] }, kw: { range: (_, __, most) => [0, (most || 1) * 1.15] } },
    axes: [
      { ...line, values: times(range), space: range === "week" ? 90 : 60, incrs: range === "week" ? [86400] : [5 * MINUTE, 10 * MINUTE, 60 * MINUTE, 120 * MINUTE, 180 * MINUTE, 240 * MINUTE, 360 * MINUTE] },
      { ...line, scale: "kwh", size: 64, values: (_, values) => values.map((value) => number.format(value)) },
      { ...line, scale: "kw", side: 1, size: 64, grid: { show: false }, values: (_, values) => values.map((value) => number.format(value)) },
    ],
    series: [
      { label: time, value: (_, value) => (value === null ? "–" : `${hour(value - slot / 2000)} – ${hour(value + slot / 2000)}`) },
      { label: energy, scale: "kwh", fill: colour("--bar"), stroke: colour("--bar-edge"), width: 1, paths: uPlot.paths.bars({ size: [0.8, 40], align: 0 }), points: { show: false }, value: (_, value) => (value === null ? "–" : format(3).format(value)) },
      { label: power, scale: "kw", stroke: colour("--accent"), width: 2, spanGaps: false, points: { size: 4 }, value: (_, value) => (value === null ? "–" : format(3).format(value)) },
    ],
  };
}

function draw() {
  const place = document.getElementById("chart");
  if (!place || typeof uPlot === "undefined") return;
  const data = read();
  const width = place.clientWidth;
  const look = [colour("--accent"), width, place.parentElement.dataset.start].join();
  if (chart && look === colours && chart.root.isConnected) {
    chart.setData(data);
    return;
  }
  chart?.destroy();
  colours = look;
  chart = new uPlot(options(place, width), data, place);
}

addEventListener("DOMContentLoaded", draw);
if (document.readyState !== "loading") draw();
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("htmx:after:swap", draw);
document.fonts.ready.then(() => { colours = null; draw(); });
