// Search as you type: resource types, attributes, relationships, URLs and actions.

import { byId, h, slug } from "./elements.js";

const MOST = 24;
const KINDS = { noun: 30, action: 14, attribute: 6, relationship: 4, address: 0 };

/** The search index, as a flat list. */
export function index(known) {
  const entries = [];
  const add = (kind, label, context, route) =>
    entries.push({ kind, label, context, route, text: `${label} ${context}`.toLowerCase() });
  for (const [type, noun] of Object.entries(known.search.nouns)) {
    add("noun", type, noun.about, `#/${type}`);
    for (const name of namesIn(noun.attributes)) add("attribute", name, type, `#/${type}/attribute/${slug(name)}`);
    for (const [method, path, title] of noun.operations) {
      add("address", path, `${method} ${title}`, `#/${type}/request/${slug(`${method} ${path}`)}`);
    }
    for (const [name, target] of namesIn(noun.relationships).map((one) => one.split(":"))) {
      const route = `#/${type}/relationship/${slug(name)}`;
      add("relationship", name, `${type} to ${target}`, route);
      add("address", `${noun.path}/{id}/${name}`, type, route);
    }
  }
  for (const topic of known.search.topics) {
    for (const [method, path, title, about] of topic.operations) {
      const route = `#/action/${topic.name}/request/${slug(`${method} ${path}`)}`;
      add("action", path, `${method} ${title}: ${about}`, route);
    }
  }
  return entries;
}

const namesIn = (names) => names.split(" ").filter(Boolean);

/** The entries that contain every word of the query, best match first. */
export function find(entries, question) {
  const words = question.trim().toLowerCase().split(/\s+/).filter(Boolean).map(asPattern);
  if (!words.length) return [];
  return entries
    .map((entry) => [score(entry, words), entry])
    .filter(([points]) => points > 0)
    .sort((one, other) => other[0] - one[0] || one[1].label.length - other[1].label.length)
    .slice(0, MOST)
    .map(([, entry]) => entry);
}

/** A concrete URL matches its pattern: /v1/events/12 is /v1/events/{id}. */
const asPattern = (word) => (word.startsWith("/") ? word.replace(/\/\d+(?=\/|$)/g, "/{id}") : word);

function score(entry, words) {
  let points = KINDS[entry.kind];
  const label = entry.label.toLowerCase();
  for (const word of words) {
    const dashed = word.replace(/_/g, "-");
    if (label === word || label === dashed) points += 100;
    else if (label.startsWith(dashed)) points += 60;
    else if (new RegExp(`(^|[-_/ ])${escaped(dashed)}`).test(label)) points += 40;
    else if (label.includes(dashed)) points += 20;
    else if (entry.text.includes(word)) points += 5;
    else return 0;
  }
  return points;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Wire up the search box: a combobox whose list opens below it. */
export function search(known) {
  const box = byId("search");
  const list = byId("found");
  const said = byId("found-count");
  let entries;
  let chosen = -1;

  const options = () => [...list.children];
  const close = () => {
    list.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const choose = (number) => {
    const all = options();
    if (!all.length) return;
    chosen = (number + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    all[chosen].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", all[chosen].id);
  };
  const open = (route) => {
    close();
    box.value = "";
    box.blur();
    if (location.hash === route) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = route;
  };
  const show = () => {
    entries ??= index(known);
    const found = find(entries, box.value);
    list.replaceChildren(...found.map((entry, at) => option(entry, at, open)));
    said.textContent = box.value.trim() ? `${found.length || "Nothing"} found` : "";
    if (!box.value.trim()) return close();
    if (!found.length) list.append(h("li", { class: "none", role: "presentation" }, "Nothing has this in its name."));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (found.length) choose(0);
  };

  box.addEventListener("input", show);
  box.addEventListener("focus", () => box.value && show());
  box.addEventListener("blur", () => setTimeout(close, 150)); // a click on the list comes first
  box.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) choose(chosen + move);
    else if (event.key === "Enter") options()[chosen]?.click();
    else if (event.key === "Escape" && box.value) ((box.value = ""), close());
    else if (event.key === "Escape") box.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function option(entry, at, open) {
  return h(
    "li",
    {
      id: `found-${at}`,
      role: "option",
      "aria-selected": "false",
      onmousedown: (event) => event.preventDefault(),
      onclick: () => open(entry.route),
    },
    h("span", { class: "kind" }, entry.kind),
    h("span", { class: "label" }, entry.label),
    h("span", { class: "context" }, entry.context),
  );
}
