// JSON, indented and syntax-colored.

import { h } from "./elements.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONGEST_COLOURED = 200_000;

export const indented = (value) => JSON.stringify(value, null, 2);

/** Text as DOM nodes; JSON is syntax-colored. */
export function coloured(text) {
  if (text.length > LONGEST_COLOURED) return [text];
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [whole, string, colon] = found;
    const kind = colon ? "key" : string ? "string" : /^[tfn]/.test(whole) ? "word" : "number";
    const token = colon ? string : whole;
    nodes.push(text.slice(end, found.index), h("span", { class: `json-${kind}` }, token));
    end = found.index + token.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}
