// The overview: how many have come, polled by entity tag, for a phone and for a wall.

import { askAs, chooseEvent, demandAccount, signOut, token } from "./account.js";
import { gateLines, hourBars, kindLines, ring } from "./charts.js";
import { openDoor } from "./door-core.js";
import { API, byId, keepFiles } from "./elements.js";
import { dayOf, loadWords, moment, notice, t } from "./words.js";

const SOONEST = 4_000; // milliseconds between two questions; longer where answering takes long
let ask;
let eventId;
let tag = "";
let shown = "";
let next;

async function poll() {
  clearTimeout(next);
  if (document.hidden) return;
  const began = performance.now();
  try {
    const chosen = byId("day").value;
    const headers = tag ? { "If-None-Match": tag } : {};
    const query = chosen ? `?day=${chosen}` : "";
    // Not from the browser's own cache: it would hide a 304.
    const answer = await ask(`/v1/events/${eventId}/door-overview${query}`, { headers, cache: "no-store" });
    document.documentElement.dataset.answered = answer.status;
    if (answer.status === 401) return again();
    if (answer.ok || answer.status === 304) tag = answer.headers.get("ETag") ?? "";
    if (answer.status === 200) {
      show(await answer.json());
    } else if (answer.status !== 304) {
      notice(t("refused", { reason: (await answer.json()).errors?.[0]?.detail ?? answer.status }));
    }
    if (answer.ok || answer.status === 304) {
      byId("as-of").textContent = t("as_of", { time: moment(new Date(), true) });
      notice("");
    }
  } catch {
    notice(t("no_answer"));
  }
  next = setTimeout(poll, Math.max(SOONEST, 20 * (performance.now() - began)));
}

const charts = {};

function show(told) {
  byId("numbers").hidden = false;
  byId("event").textContent = told.event.name;
  document.title = told.event.name;
  charts.ring ??= ring(byId("hero"));
  charts.hours ??= hourBars(byId("hours"));
  charts.kinds ??= kindLines(byId("kinds"));
  charts.gates ??= gateLines(byId("gates"));
  charts.ring(told.total);
  charts.hours(told.hours);
  charts.kinds(told.kinds);
  charts.gates(told.gates);
  days(told);
  document.documentElement.dataset.shown = shown = String(told.total.came);
}

function days({ days, day }) {
  const select = byId("day");
  const chosen = select.value;
  byId("day-label").hidden = days.length === 0;
  select.replaceChildren(new Option(day && !chosen ? dayOf(day) : t("day"), ""), ...days.map((row) => new Option(dayOf(row.day), row.day)));
  select.value = days.some((row) => row.day === chosen) ? chosen : "";
}

/** The token has ended: of an account, or of a device that was revoked. */
function again() {
  if (token()) signOut();
  start(null);
}

function start(door) {
  const named = /#event=([\w-]+)/.exec(location.hash)?.[1];
  if (door?.paired && !named && !token()) {
    eventId = door.paired.event.identifier;
    ask = (path, init) => door.ask(path, init);
    return poll();
  }
  ask = askAs;
  demandAccount(() =>
    chooseEvent(
      (id) => {
        eventId = id;
        poll();
      },
      (failure) => notice(t("refused", { reason: failure.message })),
    ),
  );
}

await loadWords();
byId("day").addEventListener("change", () => {
  tag = "";
  poll();
});
byId("wall").hidden = !document.fullscreenEnabled;
byId("wall").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
document.addEventListener("visibilitychange", () => eventId && !document.hidden && poll());
document.documentElement.dataset.ready = "";
keepFiles();
// It reads the device's token alone: the list is followed by the door page.
start(await openDoor({ api: API, onchange: () => {}, follows: false }));
