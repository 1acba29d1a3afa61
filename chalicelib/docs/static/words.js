// Sentences about resource types: permissions, kinds of values, and requests.

import { h } from "./elements.js";

/** Rules in one line. */
export function line(rule, nested = false) {
  if (typeof rule === "string") return rule;
  const [word, ...parts] = rule;
  const texts = parts.map((part) => line(part, true));
  const joined = word === "any" ? listed(texts, "or") : texts.join(", and only ");
  return nested ? `(${joined})` : joined;
}

/** Rules as a list for screen readers. */
export function rules(rule) {
  if (typeof rule === "string") return rule;
  const [word, ...parts] = rule;
  const head = word === "any" ? "any of:" : "all of:";
  return [
    h("span", { class: "faint" }, head),
    h(
      "ul",
      {},
      parts.map((part) => h("li", {}, rules(part))),
    ),
  ];
}

export function listed(texts, word) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} ${word} ${texts.at(-1)}`;
}

export const spoken = (name) => name.replace(/[-_]/g, " ");

export const RIGHTS = [
  ["see", "See it", "at all: in lists, includes and relationships"],
  ["read", "Read it", "by its id"],
  ["list", "List", "the whole collection"],
  ["create", "Create", ""],
  ["change", "Change", "and restore"],
  ["remove", "Remove", ""],
  ["trash", "See it in the trash", "with get_trashed=true"],
  ["purge", "Remove for good", "with permanent=true"],
];
