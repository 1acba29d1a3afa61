// Devices of an event, for its team: made with a QR code that pairs them, listed, revoked.

import { askAs, chooseEvent, content, demandAccount, signOut } from "./account.js";
import { byId, h, onSecondPress } from "./elements.js";
import { encodeQR } from "./qr/index.js";
import { loadWords, moment, notice, t } from "./words.js";

const BOOTH = "booth ";
let event;
let gates = new Map();

const refused = (failure) => notice(t("refused", { reason: failure.message }));

async function open(id) {
  try {
    const [{ data }, stations, exhibitors] = await Promise.all([
      askAs(`/v1/events/${id}?fields[event]=name`).then(content),
      askAs(`/v1/events/${id}/stations?fields[station]=station-name&page[size]=100`).then(content),
      askAs(`/v1/events/${id}/exhibitors?fields[exhibitor]=name&page[size]=100`).then(content),
    ]);
    event = data.id;
    byId("event").textContent = document.title = data.attributes.name;
    gates = new Map(stations.data.map((station) => [station.id, station.attributes["station-name"]]));
    const choice = [...gates].map(([value, name]) => new Option(name, value));
    const booths = exhibitors.data.map(({ id, attributes }) => new Option(attributes.name, `${BOOTH}${id}`));
    byId("device-station").replaceChildren(
      new Option(t("own_door"), ""),
      ...choice,
      ...(booths.length ? [h("optgroup", { label: t("booths") }, booths)] : []),
    );
    await list();
    byId("making").hidden = byId("listing").hidden = false;
  } catch (failure) {
    refused(failure);
    signOut();
    start();
  }
}

/** Where devices of the chosen gate are: those of the event's door, or of the exhibitor at a booth. */
function place() {
  const gate = byId("device-station").value;
  return gate.startsWith(BOOTH) ? `/v1/exhibitors/${gate.slice(BOOTH.length)}/lead-devices` : `/v1/events/${event}/door-devices`;
}

async function list() {
  const devices = await content(await askAs(place()));
  byId("devices").replaceChildren(...devices.map(line));
  if (!devices.length) byId("devices").append(h("li", { class: "faint" }, t("no_devices")));
}

function line(device) {
  const state = device.revoked_at ? t("revoked") : device.paired_at ? t("seen", { time: moment(device.seen_at) }) : t("never_paired");
  const gate = device.station === null ? t("own_door") : (gates.get(device.station) ?? device.station);
  const where = device.station === undefined ? state : `${gate} · ${state}`; // all are the exhibitor's
  const told = h("div", { class: "device" }, h("b", { dir: "auto" }, device.name), h("span", {}, where));
  if (device.revoked_at) return h("li", {}, told);
  const text = t("revoke", { name: device.name });
  const button = h("button", { type: "button" }, text);
  onSecondPress(
    button,
    (sure) => (button.textContent = sure ? t("revoke_sure", { name: device.name }) : text),
    () => revoke(device).catch(refused),
  );
  return h("li", {}, told, button);
}

async function revoke(device) {
  await content(await askAs(`${place()}/${device.id}`, { method: "DELETE" }));
  await list();
}

async function make(submitted) {
  submitted.preventDefault();
  byId("make-refusal").textContent = "";
  const [name, station] = [byId("device-name").value, byId("device-station").value];
  try {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ name, ...(station && !station.startsWith(BOOTH) && { station }) });
    const { pairing } = await content(await askAs(place(), { method: "POST", headers, body }));
    byId("made-title").textContent = t("made_title", { name });
    byId("made-until").textContent = t("made_until", { time: moment(pairing.ends_at) });
    byId("made-text").value = pairing.text;
    byId("code").replaceChildren(picture(pairing.text, t("made_title", { name })));
    byId("made").hidden = false;
    byId("made-title").focus();
    byId("device-name").value = "";
    await list();
  } catch (failure) {
    byId("make-refusal").textContent = t("refused", { reason: failure.message });
  }
}

/** The QR code as SVG: a path with a square for each dark module. */
function picture(text, label) {
  const modules = encodeQR(text, "raw", { border: 4 });
  const path = modules.flatMap((row, y) => [...row].map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${modules.length} ${modules.length}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", path.join(""));
  return svg;
}

const start = () => demandAccount(() => chooseEvent(open, refused));

await loadWords();
byId("make-form").addEventListener("submit", make);
byId("device-station").addEventListener("change", () => list().catch(refused));
byId("made-text").addEventListener("focus", ({ target }) => target.select());
document.documentElement.dataset.ready = "";
start();
