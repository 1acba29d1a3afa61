// The page of one resource type, and the page of one module of actions.

import { address, cut, h, paragraphs, slug } from "./elements.js";
import { operation } from "./request.js";
import { RIGHTS, line, rules, spoken } from "./words.js";

const MANY_CHOICES = 6;

export function nounPage(known, type) {
  const noun = known.nouns[type];
  const area = known.areas.find((one) => one.nouns.includes(type));
  const operations = [...noun.operations, ...noun.actions];
  const sections = [
    ["Requests", operations.length, () => operations.map((told, at) => operation(known, told, { open: at === 0 }))],
    ["Attributes", noun.attributes.length, () => attributes(noun)],
    ["Relationships", noun.relationships.length, () => noun.relationships.map((one) => relationship(known, type, one))],
    ["Rights", RIGHTS.length, () => rights(noun)],
  ].filter(([, number]) => number);
  return h(
    "article",
    {},
    h("p", { class: "crumb" }, area.title),
    h("h1", { tabindex: "-1" }, type),
    cut(paragraphs(noun.about)),
    notes(known, noun),
    h(
      "ul",
      { class: "contents" },
      sections.map(([title, number]) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#/${type}/section/${slug(title)}` },
            title,
            " ",
            h("span", { class: "faint" }, title === "Rights" ? "" : number),
          ),
        ),
      ),
    ),
    sections.map(([title, , content]) => h("section", { id: `section-${slug(title)}` }, h("h2", {}, title), content())),
  );
}

export function topicPage(known, name) {
  const topic = known.topics[name];
  return h(
    "article",
    {},
    h("p", { class: "crumb" }, "Actions"),
    h("h1", { tabindex: "-1" }, topic.title),
    cut(paragraphs(topic.about)),
    topic.operations.map((told, at) => operation(known, told, { open: at === 0 })),
  );
}

function notes(known, noun) {
  const told = [
    noun.operations.length === 0 && "It has no address of its own.",
    noun.aliases && `Also at ${noun.aliases.map((path) => known.prefix + path).join(" and ")}.`,
    noun.single && "There is one, with the id 1.",
    noun.identifier && `Wherever its id stands, its ${noun.identifier} may stand as well.`,
    noun.trash && "Removed ones go to the trash and can be restored.",
  ].filter(Boolean);
  return told.length > 0 && h("p", { class: "faint" }, told.join(" "));
}

/** Required attributes first, read-only ones last. */
function attributes(noun) {
  const rank = (told) => (told.readOnly ? 2 : told.required ? 0 : 1);
  const sorted = noun.attributes.toSorted((one, other) => rank(one) - rank(other));
  const scoped = sorted.some((told) => told.seenBy || told.setBy);
  const titles = ["Name", "Value", ...(scoped ? ["Who"] : [])];
  const head = h(
    "tr",
    {},
    titles.map((title) => h("th", { scope: "col" }, title)),
  );
  return h(
    "table",
    { class: "attributes" },
    h("thead", {}, head),
    h(
      "tbody",
      {},
      sorted.map((told) => attribute(told, scoped)),
    ),
  );
}

function attribute(told, scoped) {
  const flags = [told.required && "required", told.readOnly && "set by the server", told.writeOnly && "never shown"];
  const limits = [told.limits?.join(", "), told.nullable && "may be null", otherwise(told)].filter(Boolean);
  const who = [told.seenBy && ["seen by ", line(told.seenBy)], told.setBy && ["set by ", line(told.setBy)]].filter(
    Boolean,
  );
  return h(
    "tr",
    { id: `attribute-${slug(told.name)}` },
    h(
      "th",
      { scope: "row" },
      h("code", {}, told.name),
      flags.filter(Boolean).map((flag) => h("span", { class: `flag ${slug(flag)}` }, flag)),
    ),
    h(
      "td",
      {},
      told.kind,
      limits.length > 0 && h("span", { class: "faint" }, ` · ${limits.join(" · ")}`),
      told.choices && choices(told.choices),
    ),
    scoped &&
      h(
        "td",
        { class: who.length ? "scope" : "scope empty" },
        who.map((one) => h("div", {}, one)),
      ),
  );
}

function otherwise({ otherwise: value }) {
  if (value === undefined) return "";
  return `default ${value === "" ? "empty" : typeof value === "string" ? `“${value}”` : value}`;
}

function choices(values) {
  const list = h(
    "div",
    { class: "choices" },
    values.map((value) => [h("code", {}, String(value)), " "]),
  );
  return values.length > MANY_CHOICES ? cut(list) : list;
}

function relationship(known, type, told) {
  const flags = [told.many ? "many" : "one", told.required && "required", told.readOnly && "kept by the server"];
  const inside = h("div", { class: "inside", hidden: true });
  const button = h("button", { type: "button", class: "opener", "aria-expanded": "false" }, h("code", {}, told.name));
  button.addEventListener("click", () => {
    if (!inside.hasChildNodes())
      inside.append(...relationshipNotes(known, type, told), ...told.operations.map((one) => operation(known, one)));
    inside.hidden = !inside.hidden;
    button.setAttribute("aria-expanded", String(!inside.hidden));
  });
  const head = h(
    "div",
    { class: "head" },
    button,
    h("span", { class: "arrow", "aria-hidden": "true" }, told.many ? "⇉" : "→"),
    h("a", { href: `#/${told.target}` }, told.target),
    flags.filter(Boolean).map((flag) => h("span", { class: `flag ${slug(flag)}` }, flag)),
    told.seenBy && h("span", { class: "faint" }, `seen by ${line(told.seenBy)}`),
  );
  return h("div", { class: "relationship", id: `relationship-${slug(told.name)}` }, head, inside);
}

function relationshipNotes(known, type, told) {
  const path = `${known.prefix}${known.nouns[type].path}/{id}`;
  const lines = [];
  if (told.within) lines.push(`Both must have the same ${spoken(told.within)}.`);
  if (told.readOnly) lines.push("It follows from other changes; changing its links is refused.");
  const also = told.aliases?.map((alias) => [" ", address(`${path}/${alias}`)]);
  const notes = [
    lines.length > 0 && h("p", { class: "faint" }, lines.join(" ")),
    also && h("p", { class: "faint" }, "Also at", also),
  ];
  return notes.filter(Boolean);
}

function rights(noun) {
  const rows = RIGHTS.filter(([name]) => applies(noun, name)).map(([name, title, more]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, title, more && h("span", { class: "faint" }, ` ${more}`)),
      h("td", {}, cut(h("div", {}, rules(noun.rights[name])), "rules")),
    ),
  );
  const note =
    "Staff, that is admins and super admins, may do whatever people with a role at an event may do. Hidden means 404, seen but not allowed 403, and not signed in 401.";
  return [h("table", { class: "rights" }, h("tbody", {}, rows)), h("p", { class: "faint" }, note)];
}

/** Whether the permission applies to anything. */
function applies(noun, name) {
  const offers = (method, ending = "") =>
    noun.operations.some((one) => one.method === method && one.path === noun.path + ending);
  const wanted = {
    see: true,
    read: offers("GET", "/{id}"),
    list: offers("GET") && !noun.single,
    create: offers("POST"),
    change: offers("PATCH", "/{id}"),
    remove: offers("DELETE", "/{id}"),
    trash: noun.trash,
    purge: noun.trash && offers("DELETE", "/{id}"),
  };
  return wanted[name];
}
