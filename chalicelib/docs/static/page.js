// The page at /docs: routing, keyboard, menu and color scheme.

import { announce, byId, h } from "./elements.js";
import { nounPage, topicPage } from "./noun.js";
import { json, whenThere, withParts } from "./parts.js";
import { search } from "./search.js";
import { tokenDialog } from "./token.js";

const main = byId("content");
const navigation = byId("navigation");
const menu = byId("menu-button");
const start = [...main.childNodes];
const title = document.title;

/** The route in the URL's fragment: #/event, #/event/attribute/name, #/action/log-in. */
function route() {
  const [, first, ...rest] = location.hash.split("/").map(decodeURIComponent);
  if (first === "action") return { page: `action/${rest[0]}`, at: rest.slice(1).join("-") };
  return { page: first ?? "", at: rest.join("-") };
}

let shown = ""; // or awaited

function show(known) {
  const { page, at } = route();
  if (page === shown) return at && lookAt(at);
  shown = page;
  mark(page);
  closeMenu();
  main.replaceChildren();
  document.title = page ? `${page} · ${title}` : title;
  const part = partOf(known, page);
  return whenThere(known, part ? [part] : [], main, () => {
    main.replaceChildren(...contentOf(known, page, part));
    const heading = main.querySelector("h1");
    if (page) document.title = `${heading.textContent} · ${title}`;
    if (!at) scrollTo(0, 0);
    if (page) heading.focus({ preventScroll: true });
    announce(heading.textContent);
    const now = route(); // somebody may have gone on while it was awaited
    if (now.at) lookAt(now.at);
  });
}

/** What has to be fetched for a page: its kind and name. */
function partOf(known, page) {
  if (Object.hasOwn(known.search.nouns, page)) return ["nouns", page];
  const topic = known.search.topics.find((one) => `action/${one.name}` === page);
  return topic && ["topics", topic.name];
}

function contentOf(known, page, part) {
  if (part) return [part[0] === "nouns" ? nounPage(known, page) : topicPage(known, part[1])];
  if (!page) return start;
  return [
    h("h1", { tabindex: "-1" }, "Nothing here"),
    h("p", {}, `There is no ${page}. `, h("a", { href: "#/" }, "To the beginning")),
  ];
}

/** Open and highlight the target of the route. */
function lookAt(id) {
  const found = byId(id);
  if (!found) return;
  if (found instanceof HTMLDetailsElement) found.open = true;
  found.querySelector(":scope > .head > [aria-expanded=false]")?.click();
  for (const one of main.querySelectorAll(".looked-at")) one.classList.remove("looked-at");
  found.classList.add("looked-at");
  requestAnimationFrame(() => found.scrollIntoView({ block: "start" }));
  const target = found.querySelector(":scope > summary, :scope > h2, :scope > .head > button") ?? found;
  if (target.tabIndex < 0) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

function mark(page) {
  for (const link of navigation.querySelectorAll("a")) {
    const here = link.getAttribute("href") === `#/${page}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (!here) continue;
    const group = link.closest("details"); // the beginning is in none
    if (group) group.open = true;
    link.scrollIntoView({ block: "nearest" });
  }
}

function openMenu() {
  document.body.classList.add("menu");
  menu.setAttribute("aria-expanded", "true");
  navigation.querySelector("summary").focus();
}

function closeMenu() {
  document.body.classList.remove("menu");
  menu.setAttribute("aria-expanded", "false");
}

function keyboard() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      byId("search").focus();
    }
    if (event.key === "Escape" && document.body.classList.contains("menu")) {
      closeMenu();
      menu.focus();
    }
  });
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment says which part is shown
    main.focus();
    main.scrollIntoView();
  });
  menu.addEventListener("click", () => (document.body.classList.contains("menu") ? closeMenu() : openMenu()));
  byId("shade").addEventListener("click", closeMenu);
}

/** Light, dark, or the system's; stored in this browser. */
function colours() {
  const button = byId("colours");
  const names = { "": "Colours as the system has them", light: "Light colours", dark: "Dark colours" };
  const set = (value) => {
    document.documentElement.dataset.colours = value;
    button.title = names[value];
    button.setAttribute("aria-label", `${names[value]}; change`);
  };
  button.addEventListener("click", () => {
    const all = Object.keys(names);
    const next = all[(all.indexOf(document.documentElement.dataset.colours) + 1) % all.length];
    localStorage.setItem("colours", next);
    set(next);
    announce(names[next]);
  });
  set(localStorage.getItem("colours") ?? "");
}

colours();
keyboard();
try {
  const address = document.documentElement.dataset.known;
  const known = withParts(await json(address), address);
  search(known);
  tokenDialog(known);
  addEventListener("hashchange", () => show(known));
  show(known);
  document.documentElement.dataset.ready = "";
} catch (failure) {
  main.prepend(
    h("p", { class: "refusal", role: "alert" }, "A part of this page did not arrive. Load it again, please."),
  );
  throw failure;
}
