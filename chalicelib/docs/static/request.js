// One operation as a form: fill it in, copy it as curl, send it, see the answer.

import { address, announce, badge, copyButton, cut, h, paragraphs, slug } from "./elements.js";
import { coloured, indented } from "./json.js";
import { answered, mediaType, queryOf, sent, typesOf } from "./operations.js";
import { whenThere } from "./parts.js";
import { token, whenTokenChanges } from "./token.js";

let count = 0;

/** A collapsible operation; its form is created when first opened. */
export function operation(known, told, { open = false } = {}) {
  const row = h(
    "details",
    { class: "operation", id: `request-${slug(`${told.method} ${told.path}`)}` },
    h("summary", {}, badge(told.method), address(known.prefix + told.path), h("span", { class: "title" }, told.title)),
  );
  row.addEventListener("toggle", () => {
    if (!row.open || row.childElementCount > 1) return;
    const parts = typesOf(known, told).map((type) => ["nouns", type]);
    whenThere(known, parts, row, () => row.append(panel(known, told)));
  });
  row.open = open;
  return row;
}

function panel(known, told) {
  const shell = h("pre", { class: "shell", tabindex: "0", role: "group", "aria-label": "The request as curl" });
  const form = requestForm(known, told, () => shell.textContent);
  const shown = h("div", { class: "answer" });
  const example = () => shown.replaceChildren(...exampleAnswer(known, told));
  const refresh = () => shell.replaceChildren(curl(known, told, form.read()));
  form.element.addEventListener("input", refresh);
  form.element.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.send.disabled = true;
    shown.replaceChildren(h("p", { class: "faint" }, "Waiting for the answer …"));
    shown.replaceChildren(...(await asked(known, told, form.read(), example)));
    form.send.disabled = false;
  });
  whenTokenChanges(refresh, shell);
  example();
  const ask = h("div", { class: "ask", role: "group", "aria-label": "Request" }, form.element, cut(shell, "code"));
  const answer = h("div", { class: "reply", role: "group", "aria-label": "Answer" }, shown);
  return h(
    "div",
    { class: "panel" },
    told.about && cut(paragraphs(told.about)),
    terms(told),
    h("div", { class: "pair" }, ask, answer),
  );
}

function terms(told) {
  return h(
    "dl",
    { class: "terms" },
    h("dt", {}, "Who may"),
    h("dd", {}, told.who),
    told.refuses && [h("dt", {}, "Refused with"), h("dd", {}, told.refuses)],
  );
}

function requestForm(known, told, shell) {
  const number = ++count;
  const ids = Object.entries({ ...told.ids, ...told.needs }).map(([name, value]) =>
    field(number, name, { value, required: true, class: "short" }),
  );
  const asks = queryOf(known, told).map(({ name, hint, example }) =>
    field(number, name, { placeholder: example }, hint),
  );
  const valuesOf = (fields) => Object.fromEntries(fields.map((one) => [one.name, one.input.value.trim()]));
  const body = told.takes && h("textarea", { id: `body-${number}`, spellcheck: "false", rows: "6" });
  let edited = false;
  const send = h("button", { type: "submit", class: "send" }, `Send ${told.method}`);
  const fill = () => {
    if (!body || edited) return;
    body.value = sent(known, told, valuesOf(ids));
    body.rows = Math.min(14, body.value.split("\n").length);
  };
  body?.addEventListener("input", () => (edited = true));
  const element = h(
    "form",
    {},
    ids.length > 0 &&
      h(
        "div",
        { class: "fields" },
        ids.map((one) => one.element),
      ),
    asks.length > 0 &&
      h(
        "details",
        { class: "queries" },
        h("summary", {}, "Query parameters"),
        h(
          "div",
          { class: "fields" },
          asks.map((one) => one.element),
        ),
      ),
    body && h("label", { for: body.id }, "Document to send"),
    body,
    h("div", { class: "buttons" }, send, copyButton("Copy as curl", shell)),
  );
  for (const one of ids) one.input.addEventListener("input", fill);
  fill();
  const read = () => ({
    ids: valuesOf(ids),
    query: Object.entries(valuesOf(asks)).filter(([, value]) => value),
    body: body?.value,
  });
  return { element, send, read };
}

function field(number, name, attributes, about) {
  const id = `${slug(name)}-${number}`;
  const hint = about && h("span", { class: "hint", id: `${id}-hint` }, about);
  const input = h("input", {
    id,
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": about && `${id}-hint`,
    ...attributes,
  });
  return { name, input, element: h("div", { class: "field" }, h("label", { for: id }, name), input, hint) };
}

/** The request for fetch and curl. */
function made(known, told, { ids, query, body }) {
  const path = told.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(ids[name]));
  const pairs = [...Object.keys(told.needs ?? {}).map((name) => [name, ids[name]]), ...query];
  const asked = pairs.length ? `?${new URLSearchParams(pairs)}` : "";
  const headers = { Accept: mediaType(told.gives) };
  if (body !== undefined) headers["Content-Type"] = mediaType(told.takes);
  // Lines of a form end in CRLF, which a text area does not keep.
  if (headers["Content-Type"]?.startsWith("multipart/")) body = body.replaceAll("\n", "\r\n");
  return { url: location.origin + known.prefix + path + asked, headers, body };
}

function curl(known, told, given) {
  const { url, headers, body } = made(known, told, given);
  const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const parts = [`curl ${told.method === "GET" ? "" : `-X ${told.method} `}${quoted(url)}`];
  if (token() || !told.open) parts.push('-H "Authorization: JWT $TOKEN"');
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`--data ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

async function asked(known, told, given, example) {
  const { url, headers, body } = made(known, told, given);
  if (token()) headers.Authorization = `JWT ${token()}`;
  const began = performance.now();
  let reply, text;
  try {
    reply = await fetch(url, { method: told.method, headers, body, credentials: "omit", cache: "no-store" });
    text = await reply.text();
  } catch (failure) {
    announce("No answer");
    return [h("p", { class: "refusal" }, `No answer: ${failure.message}`)];
  }
  const took = Math.round(performance.now() - began);
  announce(`Answer ${reply.status} after ${took} milliseconds`);
  const back = h("button", { type: "button", class: "quiet" }, "Show the example");
  back.addEventListener("click", example);
  const head = h(
    "p",
    { class: "status" },
    status(reply.status),
    h("span", { class: "faint" }, `${reply.statusText} · ${took} ms · ${size(text)}`),
    back,
  );
  return [head, ...content(pretty(text))];
}

function exampleAnswer(known, told) {
  const text = answered(known, told);
  const head = h(
    "p",
    { class: "status" },
    status(told.status),
    h("span", { class: "faint" }, text === undefined ? "No example: send the request to see its answer." : "Example"),
  );
  return text === undefined ? [head] : [head, ...content(text)];
}

const status = (code) => h("strong", { class: `code code-${String(code)[0]}` }, String(code));
const size = (text) => `${new Intl.NumberFormat("en").format(new Blob([text]).size)} bytes`;

function content(text) {
  if (!text) return [h("p", { class: "faint" }, "The answer has no body.")];
  const block = h("pre", { class: "json", tabindex: "0" }, coloured(text));
  return [
    cut(
      block,
      "code",
      copyButton("Copy", () => text),
    ),
  ];
}

function pretty(text) {
  try {
    return indented(JSON.parse(text));
  } catch {
    return text;
  }
}
