// DOM elements of the page. Text is always text: nothing is parsed as HTML.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((one) => one !== undefined && one !== null && one !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** A name made safe for an id and a URL fragment. */
export const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-|-$/g, "");

/** A button that copies the result of `text()`, and confirms it. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", class: "quiet copy" }, label);
  button.addEventListener("click", async () => {
    const copied = await copy(text());
    button.textContent = copied ? "Copied" : "Could not copy";
    announce(button.textContent);
    setTimeout(() => (button.textContent = label), 1600);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text); // a page that came over plain HTTP has no clipboard of its own
  }
}

function copyByHand(text) {
  const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
  const before = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return copied;
}

/** Announce to screen readers. */
export function announce(text) {
  byId("news").textContent = text;
}

/** Collapse an element after some lines, with a button to expand it. Short content gets no button. */
export function cut(element, kind = "text", ...buttons) {
  element.classList.add("cut", `cut-${kind}`);
  const button = h("button", { type: "button", class: "quiet more", hidden: true, "aria-expanded": "false" }, "More");
  button.addEventListener("click", () => {
    const open = element.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Less" : "More";
  });
  const measure = () => {
    if (element.classList.contains("open")) return;
    button.hidden = element.scrollHeight <= element.clientHeight + 1;
    element.classList.toggle("over", !button.hidden);
  };
  new ResizeObserver(measure).observe(element);
  return h("div", { class: "cuttable" }, element, h("div", { class: "beneath" }, button, buttons));
}

/** A text with its paragraphs. */
export const paragraphs = (text) =>
  h(
    "div",
    { class: "about" },
    text.split("\n\n").map((one) => h("p", {}, one)),
  );

/** An HTTP method as a colored label. */
export const badge = (method) => h("span", { class: `method ${method.toLowerCase()}` }, method);

/** A path with its parameters highlighted; it may wrap before each slash. */
export function address(path) {
  const pieces = path.split(/(?=\/)|(\{[^}]+\})/).filter(Boolean);
  return h(
    "code",
    { class: "address" },
    pieces.map((piece) => (piece.startsWith("{") ? h("var", {}, piece) : [h("wbr"), piece])),
  );
}
