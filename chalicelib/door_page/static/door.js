// The door page: pairs the device, scans by camera, scanner or search, and shows the verdict.

import { onlyHere } from "./alone.js";
import { openDoor } from "./door-core.js";
import { API, byId, h, keepFiles, onSecondPress } from "./elements.js";
import { wakeSound } from "./feedback.js";
import { listenToScanner } from "./keyboard.js";
import { Scanner } from "./scanner.js";
import { kindOf, people, reasonOf, VerdictSheet, wordOf } from "./verdict.js";
import { hasText, languageChoice, loadWords, moment, notice, number, t } from "./words.js";

const MOST_RECENT = 6;
const PAIRING = /#pair=([\w-]{10,200})/;
const WRONG_CLOCK = 120_000; // milliseconds
let door;
let facts = { name: "", stations: [] }; // of the event, from its overview
let busy = Promise.resolve();
const recent = [];

const setting = (name) => byId(name).checked;
const view = (name, shown) => (byId(name).hidden = !shown);

// What the page looks like, by the state of the door.

function render() {
  const { paired, state } = door;
  const usable = Boolean(paired) && !state.revoked;
  if (state.revoked && (recent.length || byId("found").firstChild)) forget();
  view("pairing", !paired || state.revoked);
  view("scanning", usable);
  view("by-hand", usable);
  view("camera", true); // a code that pairs is read by it too
  byId("event").textContent = paired ? facts.name || paired.event.name || t("door") : t("door");
  byId("gate").textContent = paired ? [gateName(), paired.device.name].filter(Boolean).join(" · ") : "";
  document.title = byId("event").textContent;
  view("network", paired);
  byId("network").dataset.online = state.online;
  const connection = t(state.online ? "online" : "offline");
  const waiting = state.queued ? `, ${t("waiting", { count: number(state.queued) })}` : "";
  byId("network-text").textContent = state.queued ? `${connection} · ${number(state.queued)}` : connection;
  byId("network").setAttribute("aria-label", connection + waiting);
  byId("network").title = connection + waiting;
  notice(paired ? news(state) : "");
  renderCamera(scanner.state);
  renderState();
  renderStations();
  renderRecent();
}

function news(state) {
  if (state.revoked) {
    const waiting = state.queued ? t("notice_unsent", { count: number(state.queued) }) : t("notice_sent");
    return `${t("notice_revoked")} ${waiting}`;
  }
  if (state.gone) return t("notice_gone");
  if (state.unkept) return t("notice_unkept");
  if (!state.online) return t("notice_offline");
  const minutes = Math.round(Math.abs(state.skew_ms ?? 0) / 60_000);
  return Math.abs(state.skew_ms ?? 0) > WRONG_CLOCK ? t("notice_clock", { minutes: number(minutes) }) : "";
}

function stations() {
  const listed = door.state.stations?.length ? door.state.stations : facts.stations;
  return listed.map(({ id, station, name, type, kind }) => ({ id: String(id ?? station), name, type: type ?? kind }));
}

function gateName() {
  const id = door.paired.station ?? (byId("station").value || null);
  return id === null ? t("own_door") : (stations().find((station) => station.id === String(id))?.name ?? `${t("gate")} ${id}`);
}

function renderStations() {
  const [select, listed] = [byId("station"), stations()];
  const kept = select.value;
  select.replaceChildren(new Option(t("own_door"), ""), ...listed.map((station) => new Option(station.name, station.id)));
  select.value = listed.some((station) => station.id === kept) ? kept : "";
  view("station-label", door.paired && door.paired.station === null && listed.length);
  // A station has its own direction.
  for (const button of document.getElementsByName("direction")) button.closest("fieldset").hidden = !isOwnDoor();
}

const isOwnDoor = () => door.paired?.station === null && !byId("station").value;

/** In or out: as it was chosen at the event's own door, and as a station is for elsewhere. */
function direction() {
  if (isOwnDoor()) return document.querySelector("[name=direction]:checked").value;
  const id = String(door.paired.station ?? byId("station").value);
  return stations().find((station) => station.id === id)?.type === "check out" ? "out" : "in";
}

function renderState() {
  const { paired, state } = door;
  if (!paired) return byId("state").replaceChildren();
  const rows = [
    ["state_device", paired.device.name],
    ["state_gate", gateName()],
    ["state_people", number(state.people)],
    ["state_queue", number(state.queued)],
    ...(state.refused ? [["state_refused", number(state.refused)]] : []),
    ["state_synced", state.synced_at ? moment(state.synced_at, true) : t("state_never")],
  ];
  byId("state").replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, t(name)), h("dd", {}, value))));
}

function renderCamera(state) {
  const [start, refusal] = [byId("start"), { denied: "camera_denied", missing: "camera_missing" }[state]];
  view("start", state !== "on");
  start.disabled = state === "starting";
  start.textContent = t(state === "resting" ? "camera_rests" : "camera_on");
  byId("camera-refusal").textContent = refusal ? t(refusal) : "";
  byId("view").dataset.state = state;
  view("stop", state === "on");
  view("torch", state === "on" && scanner.torch);
}

function renderRecent() {
  view("recent-title", recent.length);
  const line = ({ verdict, at }) => {
    const kind = kindOf(verdict);
    const who = verdict.attendee?.name ?? reasonOf(verdict);
    return h("li", { "data-kind": kind }, h("b", {}, wordOf(kind)), " ", h("span", { dir: "auto" }, who), " ", h("time", {}, moment(at, true)));
  };
  byId("recent").replaceChildren(...recent.map(line));
}

// Scans, one after the other.

function scan(sent) {
  busy = busy.then(() => decide(sent)).catch(complain);
  return busy;
}

/** What cannot be decided is seen as a refusal is: somebody stands there. */
function complain(failure) {
  const reason = failure.reason ?? "";
  const told = hasText(`reason.${reason}`) ? t(`reason.${reason}`) : t("failed", { reason: failure.message });
  byId("search-told").textContent = told;
  sheet.show({ admitted: false, reason, detail: told });
}

async function decide(sent) {
  if (!door.paired || door.state.revoked) return;
  byId("view").dataset.busy = "";
  try {
    const place = byId("station").value && door.paired.station === null ? { station: byId("station").value } : {};
    const asked = { direction: direction(), ...place, ...sent };
    const verdict = await door.scan(asked);
    recent.unshift({ verdict, at: new Date() });
    recent.length = Math.min(recent.length, MOST_RECENT);
    if (door.state.revoked) return render();
    // Who is let in all the same is who is shown, and not who is scanned meanwhile.
    sheet.show(verdict, () => scan({ ...asked, force: true }));
    renderRecent();
    byId("search-told").textContent = "";
    byId("found").replaceChildren();
  } finally {
    delete byId("view").dataset.busy;
  }
}

/** A text that a camera or scanner has read. */
function read(text) {
  const pairing = PAIRING.exec(text);
  if (pairing) askToPair(pairing[1]);
  else if (!door.paired || door.state.revoked) byId("pair-refusal").textContent = t("pair_no_code");
  else scan({ code: text.trim() });
}

/** A code is typed without spaces, and is longer than a name. */
const isCode = (text) => /^OE1:|^[0-9a-f-]{30,}/i.test(text) || PAIRING.test(text);

async function search(event) {
  event.preventDefault();
  const [field, told] = [byId("search"), byId("search-told")];
  const text = field.value.trim();
  if (!text) return;
  if (isCode(text)) {
    field.value = "";
    read(text);
    return;
  }
  byId("found").replaceChildren();
  try {
    const query = `q=${encodeURIComponent(text)}&page[size]=20`;
    const answer = await door.ask(`/v1/events/${door.paired.event.identifier}/attendees/search?${query}`);
    const content = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(content.errors?.[0]?.detail ?? answer.status), { refused: true });
    const found = content.map((person) => ({ ...person, name: nameOf(person), ticket: person.ticket_name, is_inside: person.is_checked_in }));
    told.textContent = found.length ? t("search_some", { count: number(found.length) }) : t("search_none");
    byId("found").replaceChildren(...people(found, choose).children);
  } catch (failure) {
    told.textContent = failure.refused ? t("refused", { reason: failure.message }) : t("search_offline");
  }
}

const nameOf = (person) => [person.firstname, person.lastname].filter(Boolean).join(" ");

function choose(id) {
  byId("search").value = "";
  scan({ attendee: id });
}

// Pairing

function askToPair(token) {
  scanner.stop();
  byId("confirm-told").textContent = door.paired ? `${t("pair_confirm")} ${t("pair_again", { name: facts.name })}` : t("pair_confirm");
  byId("confirm-yes").onclick = () => pair(token);
  if (!byId("confirm").open) byId("confirm").showModal();
}

async function pair(token) {
  byId("confirm").close();
  byId("pair-refusal").textContent = "";
  try {
    await door.pair(token); // what waits of a former pairing is sent before
    forget();
  } catch (failure) {
    const waits = door.state.queued ? t("notice_unsent", { count: number(door.state.queued) }) : t("no_answer");
    byId("pair-refusal").textContent = failure.status ? t("pair_refused") : waits;
    return render();
  }
  byId("pair-text").value = "";
  await refresh();
  byId("start").focus();
}

/** Nothing of the event before, and of its people, stays on the page or in the browser. */
function forget() {
  facts = { name: "", stations: [] };
  localStorage.removeItem("door-facts");
  recent.length = 0;
  byId("found").replaceChildren();
  for (const id of ["search-told", "unpair-told"]) byId(id).textContent = "";
  byId("search").value = "";
  sheet.close();
}

async function refresh() {
  if (!door.paired) return render();
  await Promise.allSettled([door.sync().then(() => door.flush()), learn()]);
  document.documentElement.dataset.refreshed = "";
  render();
}

/** The event's name and its gates. */
async function learn() {
  const answer = await door.ask(`/v1/events/${door.paired.event.identifier}/door-overview`);
  if (!answer.ok) return;
  const { event, gates } = await answer.json();
  facts = { name: event.name, stations: gates.filter((gate) => gate.station !== null) };
  localStorage.setItem("door-facts", JSON.stringify(facts));
}

function readAddress() {
  const pairing = PAIRING.exec(location.hash);
  if (!pairing) return;
  history.replaceState(null, "", location.pathname); // it is a secret
  askToPair(pairing[1]);
}

// Wiring

const scanner = new Scanner(byId("video"), read, (state) => door && renderCamera(state));
const sheet = new VerdictSheet({
  choose,
  audible: () => setting("sound"),
});

function wire() {
  for (const name of ["sound", "wake"]) {
    byId(name).checked = localStorage.getItem(`door-${name}`) !== "off";
    byId(name).addEventListener("change", () => localStorage.setItem(`door-${name}`, setting(name) ? "on" : "off"));
  }
  byId("start").addEventListener("click", () => {
    scanner.keepsAwake = setting("wake");
    scanner.start();
  });
  byId("stop").addEventListener("click", () => scanner.stop());
  byId("torch").addEventListener("click", async ({ target }) => {
    const on = target.getAttribute("aria-pressed") !== "true";
    await scanner.light(on);
    target.setAttribute("aria-pressed", String(on));
  });
  byId("search-form").addEventListener("submit", search);
  byId("pair-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("pair-text").value.trim();
    askToPair(PAIRING.exec(text)?.[1] ?? text);
  });
  byId("confirm-no").addEventListener("click", () => byId("confirm").close());
  byId("station").addEventListener("change", render);
  for (const name of ["network", "menu-button"]) byId(name).addEventListener("click", () => byId("menu").showModal());
  byId("menu-close").addEventListener("click", () => byId("menu").close());
  byId("send-now").addEventListener("click", async () => {
    await refresh();
  });
  onSecondPress(
    byId("unpair"),
    (sure) => {
      const { queued } = door.state;
      byId("unpair-told").textContent = !sure ? "" : queued ? t("unpair_waiting", { count: number(queued) }) : t("unpair_sure");
    },
    async () => {
      scanner.stop();
      await door.unpair({ force: true });
      forget();
      byId("menu").close();
      render();
    },
  );
  document.addEventListener("pointerdown", wakeSound);
  document.addEventListener("keydown", wakeSound);
  document.addEventListener("keydown", (event) => {
    if (event.key === "F2" && !byId("by-hand").hidden) byId("search").focus();
    if (event.key === "F4" && isOwnDoor()) document.querySelector("[name=direction]:not(:checked)").click();
  });
  addEventListener("hashchange", readAddress);
  addEventListener("online", refresh);
  listenToScanner((text) => {
    sheet.close();
    read(text);
  });
}

await loadWords();
await onlyHere("open-event-door", () => {
  scanner.stop();
  door?.close();
});
facts = JSON.parse(localStorage.getItem("door-facts") ?? "null") ?? facts;
door = await openDoor({ api: API, onchange: () => door && render() });
wire();
languageChoice(byId("language"), render);
render();
readAddress();
document.documentElement.dataset.ready = "";
keepFiles();
refresh();
