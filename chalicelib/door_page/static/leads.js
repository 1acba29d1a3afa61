// The page of an exhibitor: scans tickets, shows attendees what is handed over, and lists who has agreed.

import { onlyHere } from "./alone.js";
import { API, byId, h, keepFiles, onSecondPress } from "./elements.js";
import { signal, wakeSound } from "./feedback.js";
import { listenToScanner } from "./keyboard.js";
import { openBooth } from "./leads-core.js";
import { Scanner } from "./scanner.js";
import { hasText, languageChoice, loadWords, notice, number, t } from "./words.js";

const PAIRING = /#lead-pair=([\w-]{10,200})/;
const STARS = [1, 2, 3, 4, 5];
let booth;
let busy = Promise.resolve();
let shown = {}; // the lead, or the scan that waits, in the dialog

const view = (name, isShown) => (byId(name).hidden = !isShown);

function render() {
  const { paired, state } = booth;
  const usable = Boolean(paired) && !state.revoked;
  view("pairing", !usable);
  view("booth", usable);
  view("network", paired);
  byId("exhibitor").textContent = document.title = paired?.exhibitor.name ?? t("leads");
  byId("device").textContent = paired?.device.name ?? "";
  byId("network").dataset.online = state.online;
  const connection = t(state.online ? "online" : "offline");
  byId("network-text").textContent = state.queued ? `${connection} · ${t("waiting", { count: number(state.queued) })}` : connection;
  notice(paired ? news(state) : "");
  renderCamera(scanner.state);
  renderLeads();
}

function news(state) {
  if (state.revoked) return t("lead_revoked");
  if (state.unkept) return t("notice_unkept");
  if (booth.terms && !booth.terms.is_enabled) return t("lead_off");
  if (!state.online) return t("notice_offline");
  return state.lost ? t("lead_lost", { count: number(state.lost) }) : "";
}

function renderCamera(state) {
  const refusal = { denied: "camera_denied", missing: "camera_missing" }[state];
  view("start", state !== "on");
  byId("start").disabled = state === "starting";
  byId("start").textContent = t(state === "resting" ? "camera_rests" : "camera_on");
  byId("camera-refusal").textContent = refusal ? t(refusal) : "";
  byId("view").dataset.state = state;
  view("stop", state === "on");
}

function renderLeads() {
  const leads = [...booth.leads.values()].reverse();
  view("none", !leads.length);
  view("file", leads.length);
  const line = (lead) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", onclick: () => showLead({ reason: "known", lead }) },
        h("b", { dir: "auto" }, nameOf(lead)),
        h("span", { dir: "auto" }, [lead.person.company, lead.note].filter(Boolean).join(" · ")),
        lead.rating && h("em", { "aria-label": t("lead_stars", { count: number(lead.rating) }) }, "★".repeat(lead.rating)),
      ),
    );
  byId("leads").replaceChildren(...leads.map(line));
}

const nameOf = ({ person, ticket }) => person.name || person.email || ticket;

// Scans, one after the other: while somebody reads or notes something, nobody else is scanned.

function read(text) {
  const pairing = PAIRING.exec(text);
  if (pairing) return askToPair(pairing[1]);
  if (!booth.paired || booth.state.revoked) {
    byId("pair-refusal").textContent = t("pair_no_code");
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  busy = busy.then(() => take(text.trim())).catch(complain);
}

async function take(code) {
  byId("told").textContent = "";
  byId("view").dataset.busy = "";
  try {
    const found = await booth.scan({ code });
    if (found.reason !== "consent-needed" && found.reason !== "ask") return showLead(found);
    if (await isAgreed(found.terms)) showLead(await booth.scan({ code, consent: true }));
  } finally {
    delete byId("view").dataset.busy;
  }
}

function complain(failure) {
  signal("no", true);
  byId("told").textContent = failure.reason === "no-list" ? t("lead_no_terms") : t("refused", { reason: failure.message });
}

/** Show the attendee what is handed over; whether they agree. */
function isAgreed(terms) {
  byId("consent-title").textContent = t("lead_ask", { name: booth.paired.exhibitor.name });
  byId("wording").textContent = terms.wording;
  byId("fields").replaceChildren(...terms.fields.map((field) => h("li", {}, t(`lead_field.${field}`))));
  signal("ask", true);
  const dialog = byId("consent");
  return new Promise((answer) => {
    const said = (value) => () => {
      dialog.onclose = null;
      dialog.close();
      answer(value);
    };
    byId("consent-yes").onclick = said(true);
    byId("consent-no").onclick = said(false);
    dialog.onclose = () => answer(false);
    dialog.showModal();
    byId("consent-title").scrollIntoView();
  });
}

function showLead(found) {
  const { reason, lead, kept } = found;
  const isYes = Boolean(lead ?? kept);
  shown = { lead: lead?.id, kept };
  const text = hasText(`lead_reason.${reason}`) ? `lead_reason.${reason}` : `reason.${reason}`;
  byId("lead").dataset.kind = isYes ? "yes" : "no";
  byId("lead-title").textContent = t(text);
  byId("lead-name").textContent = lead ? nameOf(lead) : "";
  const rows = Object.entries(lead?.person ?? {}).filter(([name, value]) => value && name !== "name");
  byId("lead-about").replaceChildren(
    ...rows.map(([name, value]) => h("div", {}, h("dt", {}, t(`lead_field.${name}`)), h("dd", { dir: "auto" }, value))),
  );
  byId("lead-note").value = lead?.note ?? "";
  byId("stars").replaceChildren(
    ...STARS.map((stars) =>
      h("label", {}, h("input", { type: "radio", name: "stars", value: stars, checked: lead?.rating === stars }), number(stars)),
    ),
  );
  byId("lead-refusal").textContent = "";
  for (const part of [".stars", "[for=lead-note]", "#lead-note"]) document.querySelector(part).hidden = !isYes;
  if (reason !== "known") signal(isYes ? "yes" : "no", true);
  if (!byId("lead").open) byId("lead").showModal();
}

async function done(submitted) {
  submitted.preventDefault();
  const note = byId("lead-note").value.trim() || null;
  const rating = Number(document.querySelector("[name=stars]:checked")?.value) || null;
  const former = booth.leads.get(shown.lead);
  const isChanged = shown.kept ? note || rating : former && (former.note !== note || former.rating !== rating);
  try {
    if (isChanged) await booth.note(shown, note, rating);
    byId("lead").close();
  } catch (failure) {
    byId("lead-refusal").textContent = t(failure.status ? "refused" : "no_answer", { reason: failure.message });
  }
}

// Pairing

function askToPair(token) {
  scanner.stop();
  byId("confirm-yes").onclick = () => pair(token);
  if (!byId("confirm").open) byId("confirm").showModal();
}

async function pair(token) {
  byId("confirm").close();
  byId("pair-refusal").textContent = "";
  try {
    await booth.pair(token);
  } catch (failure) {
    const waits = booth.state.queued ? t("notice_unsent", { count: number(booth.state.queued) }) : t("no_answer");
    byId("pair-refusal").textContent = failure.status ? t("pair_refused") : waits;
    return render();
  }
  byId("pair-text").value = "";
  await booth.wake();
  document.documentElement.dataset.refreshed = "";
  byId("start").focus();
}

function readAddress() {
  const pairing = PAIRING.exec(location.hash);
  if (!pairing) return;
  history.replaceState(null, "", location.pathname); // it is a secret
  askToPair(pairing[1]);
}

async function saveFile() {
  try {
    const address = URL.createObjectURL(await booth.file());
    h("a", { href: address, download: "leads.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (failure) {
    complain(failure.status ? failure : new Error(t("no_answer")));
  }
}

const scanner = new Scanner(byId("video"), read, (state) => booth && renderCamera(state));

function wire() {
  byId("start").addEventListener("click", () => scanner.start());
  byId("stop").addEventListener("click", () => scanner.stop());
  byId("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("code").value.trim();
    byId("code").value = "";
    if (text) read(text);
  });
  byId("pair-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("pair-text").value.trim();
    askToPair(PAIRING.exec(text)?.[1] ?? text);
  });
  byId("confirm-no").addEventListener("click", () => byId("confirm").close());
  byId("lead-form").addEventListener("submit", done);
  byId("file").addEventListener("click", saveFile);
  onSecondPress(
    byId("unpair"),
    (sure) => {
      const { queued } = booth.state;
      byId("unpair-told").textContent = !sure ? "" : queued ? t("unpair_waiting", { count: number(queued) }) : t("unpair_sure");
    },
    async () => {
      scanner.stop();
      await booth.unpair();
      byId("unpair-told").textContent = "";
    },
  );
  document.addEventListener("pointerdown", wakeSound);
  document.addEventListener("keydown", wakeSound);
  addEventListener("hashchange", readAddress);
  listenToScanner(read);
}

await loadWords();
await onlyHere("open-event-leads", () => {
  scanner.stop();
  booth?.close();
});
booth = await openBooth({ api: API, onchange: () => booth && render() });
wire();
languageChoice(byId("language"), render);
render();
readAddress();
document.documentElement.dataset.ready = "";
keepFiles();
booth.wake();
