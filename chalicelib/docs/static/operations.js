// Requests and answers of operations, derived from the resource type.

import { indented } from "./json.js";

const JSON_API = "application/vnd.api+json";
const OPENING = { jsonapi: { version: "1.1" } };
const SEVERAL = { page: ["page[size]", "page[number]"], cursor: ["page[after]"], trashed: ["get_trashed"] };
const HINTS = {
  include: "Related resources to send along: names with commas, and dots to go further",
  fields: "Only these attributes and relationships",
  filter: "A JSON array of {name, op, val}; filter[name]=value means equal",
  sort: "Attributes with commas; - in front means descending",
  "page[size]": "Resources on a page; 0 means all",
  "page[number]": "The page, from 1",
  "page[after]": "A page by cursor, taken from links.next",
  get_trashed: "true also shows what is in the trash",
  permanent: "true removes for good",
};

export const mediaType = (body) => body?.mediaType ?? JSON_API;

/** The resource types that say what can be asked, sent and answered. */
export function typesOf(known, { asks, takes, gives }) {
  const types = [asks, takes?.type, gives && gives.example === undefined && gives.type];
  return types.filter((type) => type && Object.hasOwn(known.search.nouns, type));
}

/** Its query parameters: name, hint and an example. */
export function queryOf(known, told) {
  const noun = known.nouns[told.asks];
  if (!noun || told.query === undefined) return [];
  const names = told.query.split(",").flatMap((name) => SEVERAL[name] ?? [name]);
  const shown = noun.attributes.filter((one) => !one.writeOnly).map((one) => one.name);
  const examples = {
    include: noun.relationships
      .slice(0, 2)
      .map((one) => one.name)
      .join(","),
    fields: shown.slice(0, 3).join(","),
    filter: `[{"name": "${shown[0]}", "op": "isnot", "val": null}]`,
    sort: `-${shown[0]}`,
    "page[size]": "20",
    "page[number]": "1",
    "page[after]": "",
  };
  return names
    .filter((name) => name !== "include" || examples.include)
    .map((name) => ({
      name: name === "fields" ? `fields[${told.asks}]` : name,
      hint: HINTS[name],
      example: examples[name] ?? "true",
    }));
}

/** The text of the request document; `ids` are those in the path. */
export function sent(known, told, ids) {
  if (!told.takes) return undefined;
  const { kind, type, example } = told.takes;
  if (typeof example === "string") return example; // the text of a form
  const document = structuredClone(example ?? known.nouns[type]?.[kind] ?? {});
  const own = kind === "change" && ids.id !== undefined && told.path === `${known.nouns[type].path}/{id}`;
  if (own) document.data.id = ids.id;
  return indented(document);
}

/** The text of the example's answer, or nothing if it has none. */
export function answered(known, told) {
  if (!told.gives) return undefined;
  const { kind, type, example } = told.gives;
  if (kind === "plain") return example === undefined ? undefined : indented(example);
  if (kind === "message") return indented({ ...OPENING, meta: { message: example } });
  const needs = Object.entries(told.needs ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const path = told.path.replace(/\{([^}]+)\}/g, (_, name) => told.ids[name]);
  const self = known.prefix + path + (needs.length ? `?${needs.join("&")}` : "");
  const links = { self, describedby: `${known.prefix}/docs/openapi.json` };
  if (kind === "link" || kind === "links") links.related = self.replace("/relationships/", "/");
  const shown = example ?? known.nouns[type]?.shown ?? null;
  const data = kind === "many" && !Array.isArray(shown) ? [shown] : shown;
  const count = kind === "many" ? { meta: { count: data.length } } : {};
  return indented({ ...OPENING, links, data, ...count });
}
