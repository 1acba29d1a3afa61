// Charts that move when the numbers do; each has its numbers as a table too.

import { h, s } from "./elements.js";
import { hourOfDay, number, percent, t } from "./words.js";

const AROUND = 2 * Math.PI * 42;

/** How many of the tickets that were sold have come: a ring around the number. */
export function ring(place) {
  const arc = s("circle", { class: "arc", cx: 50, cy: 50, r: 42, "stroke-dasharray": AROUND, "stroke-dashoffset": AROUND });
  const share = s("text", { class: "share", x: 50, y: 50 });
  const picture = s("svg", { viewBox: "0 0 100 100", role: "img" }, s("circle", { class: "track", cx: 50, cy: 50, r: 42 }), arc, share);
  const [came, sold, inside] = ["strong", "span", "strong"].map((tag) => h(tag));
  const texts = h(
    "div",
    { class: "figures" },
    h("p", { class: "figure first" }, came, h("span", {}, t("came"), " ", sold)),
    h("p", { class: "figure" }, inside, h("span", {}, t("inside_now"))),
  );
  place.replaceChildren(picture, texts);
  return (total) => {
    const part = total.sold ? Math.min(1, total.came / total.sold) : 0;
    arc.style.strokeDashoffset = AROUND * (1 - part);
    share.textContent = percent(part);
    picture.setAttribute("aria-label", t("chart_share", { came: number(total.came), sold: number(total.sold) }));
    count(came, total.came);
    count(inside, total.inside);
    sold.textContent = t("of_sold", { count: number(total.sold) });
  };
}

/** A number that is seen to change. */
function count(element, value) {
  const text = number(value);
  if (element.textContent === text) return;
  const changes = element.textContent !== "";
  element.textContent = text;
  element.style.setProperty("--length", Math.max(3, text.length));
  if (changes && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    element.animate([{ opacity: 0.3, transform: "translateY(-.12em)" }, { opacity: 1, transform: "none" }], 500);
  }
}

const [HIGH, FLOOR, BAR] = [250, 210, 190];
const ROOM_OF_LABEL = 46;

/** Who came and left in each hour: a pair of bars for each. */
export function hourBars(place) {
  const wide = place.clientWidth < 480 ? 360 : 720;
  const picture = s("svg", { viewBox: `0 0 ${wide} ${HIGH}`, role: "img", class: "bars" });
  const legend = h("p", { class: "legend" }, h("span", { class: "in" }, t("coming_in")), h("span", { class: "out" }, t("going_out")));
  const numbers = table([t("hour"), t("coming_in"), t("going_out")]);
  place.replaceChildren(legend, picture, numbers.element);
  let drawn = {};
  return (hours) => {
    const known = new Map(hours.map((row) => [row.hour, row]));
    const [first, until] = span(hours.map((row) => row.hour));
    if (drawn.first !== first || drawn.until !== until) drawn = draw(picture, wide, first, until);
    const most = Math.max(1, ...hours.flatMap((row) => [row.in, row.out]));
    const top = rounded(most);
    for (const [hour, bars] of drawn.bars) {
      for (const way of ["in", "out"]) {
        const value = known.get(hour)?.[way] ?? 0;
        const height = (value / top) * BAR;
        bars[way].style.height = `${height}px`;
        bars[way].style.y = `${FLOOR - height}px`;
        bars[way].firstChild.textContent = `${hourOfDay(hour)}: ${number(value)}`;
        bars.labels[way].textContent = value ? number(value) : "";
        bars.labels[way].style.transform = `translateY(${-height}px)`;
      }
    }
    const peak = hours.reduce((best, row) => (row.in > (best?.in ?? 0) ? row : best), null);
    const told = peak ? t("chart_hours", { hour: hourOfDay(peak.hour), count: number(peak.in) }) : t("chart_none");
    picture.setAttribute("aria-label", told);
    numbers.fill(hours.map((row) => [hourOfDay(row.hour), number(row.in), number(row.out)]));
  };
}

/** The hours that are drawn: those with numbers, and eight at least. */
function span(hours) {
  let [first, until] = hours.length ? [Math.min(...hours), Math.max(...hours)] : [8, 17];
  while (until - first < 8) {
    if (first > 0) first -= 1;
    if (until < 23 && until - first < 8) until += 1;
  }
  return [first, until];
}

function rounded(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= most);
}

function draw(picture, wide, first, until) {
  const step = wide / (until - first + 1);
  const width = Math.min(44, step * 0.4);
  const bars = new Map();
  picture.replaceChildren(s("path", { class: "floor", d: `M0 ${FLOOR}H${wide}` }));
  for (let hour = first; hour <= until; hour += 1) {
    const middle = (hour - first + 0.5) * step;
    const bar = (way, x) => s("rect", { class: way, x, y: FLOOR, width, height: 0, rx: 3 }, s("title"));
    const pair = { in: bar("in", middle - width - 1), out: bar("out", middle + 1) };
    const label = (x) => s("text", { class: "value", x, y: FLOOR - 6 });
    pair.labels = { in: label(middle - width / 2 - 1), out: label(middle + width / 2 + 1) };
    picture.append(pair.in, pair.out, pair.labels.in, pair.labels.out);
    if ((hour - first) % Math.ceil(ROOM_OF_LABEL / step) === 0) {
      picture.append(s("text", { x: middle, y: FLOOR + 24 }, hourOfDay(hour).replace(/:00/, "")));
    }
    bars.set(hour, pair);
  }
  return { first, until, bars };
}

/** A line for each kind of ticket: how many of it have come. */
export function kindLines(place) {
  return lines(place, [t("kind"), t("came"), t("sold")], (row) => ({
    id: row.id,
    name: row.name,
    told: `${number(row.came)} / ${number(row.sold)}`,
    parts: [["in", row.sold ? row.came / row.sold : 0]],
    cells: [row.name, number(row.came), number(row.sold)],
  }));
}

/** A line for each gate: who came in and left there, compared with the busiest one. */
export function gateLines(place) {
  return lines(place, [t("gate"), t("coming_in"), t("going_out")], (row, rows) => {
    const most = Math.max(1, ...rows.map((gate) => gate.in + gate.out));
    const name = row.name ?? t("own_door");
    return {
      id: row.station ?? "",
      name,
      told: `${t("coming_in")} ${number(row.in)} · ${t("going_out")} ${number(row.out)}`,
      parts: [["in", row.in / most], ["out", row.out / most]],
      cells: [name, number(row.in), number(row.out)],
    };
  });
}

function lines(place, head, describe) {
  const [list, numbers, drawn] = [h("ul", { class: "lines" }), table(head), new Map()];
  place.replaceChildren(list, numbers.element);
  return (rows) => {
    const described = rows.map((row) => describe(row, rows));
    const kept = new Set(described.map(({ id }) => id));
    for (const [id, line] of drawn) if (!kept.has(id) && drawn.delete(id)) line.element.remove();
    for (const { id, name, told, parts } of described) {
      if (!drawn.has(id)) drawn.set(id, line(parts));
      const { element, label, value, bars } = drawn.get(id);
      label.textContent = name;
      if (value.textContent !== told) value.textContent = told;
      parts.forEach(([, share], at) => (bars[at].style.width = `${100 * share}%`));
      list.append(element);
    }
    numbers.fill(described.map(({ cells }) => cells));
  };
}

function line(parts) {
  const [label, value] = [h("span", { dir: "auto" }), h("b")];
  const bars = parts.map(([way]) => h("i", { class: way }));
  return { label, value, bars, element: h("li", {}, label, value, h("div", { class: "bar", "aria-hidden": "true" }, bars)) };
}

/** The same numbers for screen readers, and whoever prefers them. */
function table(head) {
  const body = h("tbody");
  const rows = h("table", {}, h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))), body);
  const fill = (cells) => {
    const row = ([name, ...values]) => h("tr", {}, h("th", { scope: "row", dir: "auto" }, name), values.map((value) => h("td", {}, value)));
    body.replaceChildren(...cells.map(row));
  };
  return { element: h("details", {}, h("summary", {}, t("table")), rows), fill };
}
