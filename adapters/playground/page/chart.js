// @ts-check
// Charts as SVG in real pixels, with the same numbers as a table for those who do not see them.

import { el, svg } from "./dom.js";

/** @typedef {import("./types.js").Chart} Chart */

const BAR = 12;
const BESIDE = 3;
const GAP = 14;
const LINES_HEIGHT = 190;

/** @param {number|null} value @param {string} unit */
function figure(value, unit) {
  if (value === null) return "–";
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
  const words = value.toLocaleString("en-GB", { maximumFractionDigits: digits });
  return unit === "%" ? `${words}%` : unit ? `${words} ${unit}` : words;
}

/** @param {string} words @param {number} width in pixels */
function cut(words, width) {
  const room = Math.max(4, Math.floor(width / 6.6));
  return words.length > room ? `${[...words].slice(0, room - 1).join("")}…` : words;
}

/** @param {Chart} chart */
export function draw(chart) {
  const picture = svg("svg", { "aria-hidden": "true", class: "picture", height: height(chart) });
  const paint = chart.shape === "bars" ? bars : lines;
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now === width || now < 40) return;
    width = now;
    picture.setAttribute("viewBox", `0 0 ${width} ${height(chart)}`);
    picture.replaceChildren(...paint(chart, width));
  }).observe(picture);
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", { dir: "auto" }, chart.title),
    chart.series.length > 1 && legend(chart),
    picture,
    table(chart),
  );
}

/** @param {Chart} chart */
function height(chart) {
  return chart.shape === "lines" ? LINES_HEIGHT : chart.labels.length * (18 + chart.series.length * (BAR + BESIDE) + GAP) - GAP + 2;
}

/** @param {Chart} chart */
function legend(chart) {
  return el(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    ...chart.series.map((series, index) => el("li", { class: `series-${index % 5}`, dir: "auto" }, series.name)),
  );
}

/** @param {Chart} chart @param {number} width */
function bars(chart, width) {
  const most = Math.max(...chart.series.flatMap((series) => series.values.map((value) => Math.abs(value ?? 0))), 0) || 1;
  const room = width - 58;
  return chart.labels.flatMap((label, row) => {
    const top = row * (18 + chart.series.length * (BAR + BESIDE) + GAP);
    return [
      svg("text", { x: 0, y: top + 12, class: "label" }, svg("title", {}, label), cut(label, width)),
      ...chart.series.flatMap((series, index) => {
        const value = series.values[row] ?? null;
        const y = top + 18 + index * (BAR + BESIDE);
        const length = !value ? 0 : Math.max(2, (Math.abs(value) / most) * room);
        return [
          svg("rect", { x: 0, y, width: room, height: BAR, rx: 3, class: "track" }),
          svg(
            "rect",
            { x: 0, y, width: length, height: BAR, rx: 3, class: `bar series-${index % 5}` },
            svg("title", {}, `${label}, ${series.name}: ${figure(value, chart.unit)}`),
          ),
          svg("text", { x: width, y: y + 10, class: "value" }, figure(value, chart.unit)),
        ];
      }),
    ];
  });
}

/** @param {Chart} chart @param {number} width */
function lines(chart, width) {
  const values = chart.series.flatMap((series) => series.values.filter((value) => value !== null));
  const { low, step } = scale(values.map(Number));
  const [left, right, top, bottom] = [46, width - 12, 10, LINES_HEIGHT - 24];
  const x = (/** @type {number} */ index) =>
    chart.labels.length < 2 ? (left + right) / 2 : left + (index * (right - left)) / (chart.labels.length - 1);
  const y = (/** @type {number} */ value) => bottom - ((value - low) / (step * 3)) * (bottom - top);
  const every = Math.ceil(chart.labels.length / Math.max(2, Math.floor((right - left) / 56)));
  return [
    ...[0, 1, 2, 3].flatMap((tick) => [
      svg("line", { x1: left, x2: right, y1: y(low + tick * step), y2: y(low + tick * step), class: "grid" }),
      svg("text", { x: left - 8, y: y(low + tick * step) + 4, class: "value" }, figure(low + tick * step, chart.unit)),
    ]),
    ...chart.labels.flatMap((label, index) =>
      index % every ? [] : [svg("text", { x: x(index), y: LINES_HEIGHT - 6, class: "label middle" }, cut(label, 56 * every))],
    ),
    ...chart.series.flatMap((series, index) => {
      /** @type {string[]} */
      const path = [];
      let pen = "M";
      series.values.forEach((value, place) => {
        if (value === null) pen = "M";
        else {
          path.push(`${pen}${x(place).toFixed(1)} ${y(value).toFixed(1)}`);
          pen = "L";
        }
      });
      return [
        svg("path", { d: path.join(""), class: `stroke series-${index % 5}` }),
        ...series.values.flatMap((value, place) =>
          value === null
            ? []
            : [
                svg(
                  "circle",
                  { cx: x(place), cy: y(value), r: 4, class: `dot series-${index % 5}` },
                  svg("title", {}, `${chart.labels[place]}, ${series.name}: ${figure(value, chart.unit)}`),
                ),
              ],
        ),
      ];
    }),
  ];
}

/** Three steps of a round number that hold every value. @param {number[]} values */
function scale(values) {
  const most = Math.max(...values, 0);
  const least = Math.min(...values, most);
  // A line that moves little far above nought is drawn from below its least value, others from nought.
  const from = least > 0 && most - least < most * 0.4 ? least : Math.min(0, least);
  for (let power = -2; ; power += 1) {
    for (const base of [1, 2, 2.5, 5]) {
      const step = base * 10 ** power;
      const low = Math.floor(from / step) * step;
      if (low + step * 3 >= most) return { low, step };
    }
  }
}

/** @param {Chart} chart */
function table(chart) {
  return el(
    "div",
    { class: "unseen" },
    el("p", {}, chart.fallback),
    el(
      "table",
      {},
      el("tr", {}, el("th", {}), ...chart.series.map((series) => el("th", { scope: "col" }, series.name))),
      ...chart.labels.map((label, row) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, label),
          ...chart.series.map((series) => el("td", {}, figure(series.values[row] ?? null, chart.unit))),
        ),
      ),
    ),
  );
}
