// The verdict: its color, sign, word, sound and what follows, for whoever stands at the door.

import { byId, h } from "./elements.js";
import { signal } from "./feedback.js";
import { hasText, moment, t } from "./words.js";

const FORCEABLE = ["not-today", "too-early", "wrong-kind", "not-this-room", "already-in", "full", "not-in-list"];
const CIRCLE = "M50 4a46 46 0 1 0 0 92a46 46 0 1 0 0-92z";
const SIGNS = {
  in: [CIRCLE, "m28 52 16 16 30-34"],
  out: [CIRCLE, "M28 50h42M54 34l16 16-16 16"],
  no: ["M31 5h38l26 26v38l-26 26h-38l-26-26v-38z", "m33 33 34 34m0-34-34 34"],
  warn: ["M50 6 97 91H3z", "M50 36v26m0 14v1"],
  which: [CIRCLE, "M38 40a12 12 0 1 1 18 10c-4 3-6 5-6 10m0 13v1"],
};
const SHOWN_FOR = { in: 2600, out: 2600, no: 7000, warn: 9000 };

/** What kind of verdict it is: in, out, no, warn (may be forced) or which (several are meant). */
export function kindOf(verdict) {
  if (verdict.admitted) return verdict.direction === "out" ? "out" : "in";
  if (verdict.reason === "ambiguous" && verdict.candidates?.length) return "which";
  return FORCEABLE.includes(verdict.reason) ? "warn" : "no";
}

export const wordOf = (kind) => t({ in: "word_in", out: "word_out", which: "word_which" }[kind] ?? "word_no");

export function reasonOf(verdict) {
  const reason = hasText(`reason.${verdict.reason}`) ? t(`reason.${verdict.reason}`) : verdict.detail;
  return verdict.since ? `${reason} ${t("since", { time: moment(verdict.since) })}` : reason;
}

export class VerdictSheet {
  /** `choose(attendee id)` for one of several; `audible()` says whether there is sound. */
  constructor({ choose, audible }) {
    Object.assign(this, { choose, audible, dialog: byId("verdict") });
    this.dialog.addEventListener("close", () => this.#closed());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.close());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName === "BUTTON") return;
      event.preventDefault(); // else it would press what has the focus afterwards
      this.close();
    });
    for (const kind of ["pointerdown", "focusin"]) this.dialog.addEventListener(kind, (event) => this.#touched(event));
  }

  /** `force()` lets in all the same whom this verdict is about. */
  show(verdict, force) {
    const kind = kindOf(verdict);
    this.force = force;
    clearTimeout(this.timer);
    this.dialog.dataset.kind = kind;
    byId("verdict-shape").setAttribute("d", SIGNS[kind][0]);
    byId("verdict-mark").setAttribute("d", SIGNS[kind][1]);
    byId("verdict-word").textContent = wordOf(kind);
    byId("verdict-about").replaceChildren(...about(verdict, kind, this.choose));
    byId("verdict-actions").replaceChildren(...this.#buttons(kind));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus();
    this.dialog.scrollTop = 0; // the button below a long note had the focus
    signal({ in: "yes", out: "yes", which: "ask" }[kind] ?? "no", this.audible());
    this.#closeAfter(SHOWN_FOR[kind]);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  #buttons(kind) {
    const next = h("button", { type: "button", class: "main", onclick: () => this.close() }, t("next"));
    if (kind !== "warn") return [next];
    return [h("button", { type: "button", class: "quiet", id: "force", onclick: () => this.force() }, t("force")), next];
  }

  #closeAfter(milliseconds) {
    const bar = byId("verdict-timer");
    bar.getAnimations().forEach((animation) => animation.cancel());
    if (!milliseconds) return;
    bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: milliseconds, fill: "forwards" });
    this.timer = setTimeout(() => this.close(), milliseconds);
  }

  /** Whoever reads or chooses has time. */
  #touched(event) {
    if (event.target === this.dialog) return;
    clearTimeout(this.timer);
    byId("verdict-timer").getAnimations().forEach((animation) => animation.finish());
  }

  #closed() {
    clearTimeout(this.timer);
    byId("verdict-about").replaceChildren();
  }
}

function about(verdict, kind, choose) {
  const { attendee } = verdict;
  const lines = [];
  if (attendee) {
    lines.push(h("p", { class: "name", dir: "auto" }, attendee.name));
    lines.push(h("p", { class: "kind", dir: "auto" }, attendee.ticket));
  }
  if (kind === "which") lines.push(people(verdict.candidates, choose));
  else if (!verdict.admitted) lines.push(h("p", { class: "reason" }, reasonOf(verdict)));
  if (verdict.forced) lines.push(h("p", {}, t("forced")));
  if (verdict.repeated) lines.push(h("p", {}, t("repeated")));
  if (attendee?.note) lines.push(h("p", { class: "note", dir: "auto" }, attendee.note));
  if (attendee?.answers?.length) {
    const rows = attendee.answers.map((row) => h("div", { dir: "auto" }, h("dt", {}, row.name), h("dd", {}, row.answer)));
    lines.push(h("dl", {}, rows));
  }
  if (verdict.offline) lines.push(h("p", { class: "hint" }, t("offline_verdict")));
  return lines;
}

/** A list of people, each a button. */
export function people(found, choose) {
  const button = (person) =>
    h(
      "button",
      { type: "button", onclick: () => choose(person.id) },
      h("b", { dir: "auto" }, person.name),
      h("span", { dir: "auto" }, [person.ticket, person.order_reference].filter(Boolean).join(" · ")),
      person.is_inside && h("em", {}, t("inside")),
    );
  return h("ul", { class: "people" }, found.map((person) => h("li", {}, button(person))));
}
