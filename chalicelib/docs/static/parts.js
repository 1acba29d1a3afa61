// Parts of the data that are fetched when they are shown: details of a resource type, or of a topic of actions.

import { h } from "./elements.js";

const coming = new Map(); // by address

/** JSON at an address. Throws an Error if it does not arrive. */
export async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** The index, with room for the parts: `nouns` and `topics` by name. Their address has the index's mark. */
export const withParts = (index, address) => ({
  ...index,
  nouns: {},
  topics: {},
  at: (kind, name) => address.replace("/data.json", `/${kind}/${name}.json`),
});

/** Fetches a part once; one that did not arrive is asked for again. */
function fetched(known, [kind, name]) {
  const address = known.at(kind, name);
  if (!coming.has(address)) {
    const part = json(address).then(
      (details) => (known[kind][name] = details),
      (failure) => {
        coming.delete(address);
        throw failure;
      },
    );
    coming.set(address, part);
  }
  return coming.get(address);
}

/** Call `fill` when the parts are there: now, or later if `place` still shows that they are awaited. */
export async function whenThere(known, parts, place, fill) {
  if (parts.every(([kind, name]) => known[kind][name])) return fill();
  const note = h("div", { class: "awaited" });
  place.append(note);
  const ask = async () => {
    note.setAttribute("aria-busy", "true");
    note.replaceChildren(h("p", { class: "faint" }, "Loading …"));
    try {
      await Promise.all(parts.map((part) => fetched(known, part)));
    } catch (failure) {
      console.warn(`not arrived: ${parts.map((part) => known.at(...part)).join(", ")}`, failure);
      note.removeAttribute("aria-busy");
      note.replaceChildren(
        h("p", { class: "refusal", role: "alert" }, "This part did not arrive."),
        h("button", { type: "button", class: "quiet", onclick: ask }, "Try again"),
      );
      return;
    }
    if (!note.isConnected) return; // another page is shown by now
    note.remove();
    fill();
  };
  return ask();
}
