// Texts of the pages, from texts.json, in the language of the browser or the one that was chosen.

import { byId } from "./elements.js";

const NAMES = { en: "English", de: "Deutsch", ar: "العربية" };
const KEY = "door-language";
let texts = {};
let language = "en";

/** Fetch the texts, and fill in the page. */
export async function loadWords() {
  texts = await (await fetch(new URL("texts.json", import.meta.url))).json();
  const wished = [localStorage.getItem(KEY), ...navigator.languages].filter(Boolean);
  language = wished.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in texts) ?? "en";
  apply(document);
}

/** The text of this name ("reason.full"), with its placeholders filled in; the name itself where there is none. */
export function t(name, values = {}) {
  const find = (words) => name.split(".").reduce((part, key) => part?.[key], words);
  const text = find(texts[language]) ?? find(texts.en) ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

export const hasText = (name) => t(name) !== name;

/** Fill in the elements that name a text. */
export function apply(root) {
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    element.title = t(element.dataset.label);
  }
}

/** Fill a select with the languages; `changed` is called when another one is chosen. */
export function languageChoice(select, changed) {
  for (const [tag, name] of Object.entries(NAMES)) select.add(new Option(name, tag, false, tag === language));
  for (const option of select.options) option.lang = option.value;
  select.addEventListener("change", () => {
    language = select.value;
    localStorage.setItem(KEY, language);
    apply(document);
    changed();
  });
}

export const number = (value) => new Intl.NumberFormat(language).format(value);

export const percent = (share) => new Intl.NumberFormat(language, { style: "percent" }).format(share);

/** An hour of the day, such as 9:00. */
export const hourOfDay = (hour) =>
  new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", timeZone: "UTC" }).format(hour * 3600000);

/** A day such as 2031-05-03, in words. */
export const dayOf = (text) =>
  new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(`${text}T00:00:00Z`),
  );

/** A moment as a time of today, or with its day. */
export function moment(value, seconds = false) {
  const when = new Date(value);
  if (Number.isNaN(when.getTime())) return String(value);
  const today = when.toDateString() === new Date().toDateString();
  const style = seconds ? "medium" : "short";
  return new Intl.DateTimeFormat(language, today ? { timeStyle: style } : { dateStyle: "medium", timeStyle: style }).format(
    when,
  );
}

/** Show a text in the line above the page, or nothing. */
export function notice(text) {
  const line = byId("notice");
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}
