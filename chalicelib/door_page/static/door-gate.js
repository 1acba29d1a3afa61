// The gate, offline: decides as the API's does, on what the list and this device know. It knows no storage.

export const FORCEABLE = new Set([
  ...["not-today", "too-early", "wrong-kind", "not-this-room", "already-in", "full", "not-in-list"],
]);
const EARLY = 1_800_000; // milliseconds: a session is entered from then on, and left until as long after it
const SENTENCES = {
  admitted: "The ticket admits.",
  unknown: "There is no such ticket.",
  cancelled: "The ticket was cancelled.",
  revoked: "This code was revoked, and another one is valid.",
  transferred: "The ticket was passed on: the code of its new holder is valid.",
  unpaid: "The ticket is not paid.",
  "test-ticket": "The ticket is a test: it admits nobody once the event has begun.",
  "not-today": "The ticket is not for now.",
  "too-early": "It is too early.",
  "not-this-room": "No session takes place in this room at this time.",
  "wrong-kind": "This kind of ticket does not admit here.",
  "already-in": "The attendee has checked in already.",
  "not-in": "The attendee has not checked in.",
  "already-out": "The attendee is checked out already.",
  "not-in-list": "The code is genuine, and not in the list of this device yet.",
  "unknown-station": "The event has no such station, or the room has none for this direction.",
  "device-revoked": "This device was revoked.",
  "event-gone": "The event was removed, or is not public any more.",
};

export const sentence = (reason) => SENTENCES[reason] ?? "";

// The station of a scan, or that of its room where people go the other way; null: the event's own door.
// Undefined where there is none.
export function stationOf(info, id, direction) {
  if (id === null || id === undefined) return null;
  const named = info.stations.find((station) => station.id === String(id));
  if (!named) return undefined;
  if (!direction || direction === wayOf(named)) return named;
  const type = direction === "out" ? "check out" : "check in";
  if (named.room === null) return undefined;
  return info.stations.find((station) => station.room === named.room && station.type === type);
}

export const wayOf = (station) => (station?.type === "check out" ? "out" : "in");

const isRoom = (station) => station.type === "check in" || station.type === "check out";

// The id of the session that somebody means who comes to this station: the present one, else the next or last.
export function sessionAt(info, station, at) {
  if (!station || !isRoom(station) || station.room === null) return null;
  const here = (info.sessions ?? []).filter(([, , , rooms]) => rooms.includes(station.room));
  const [before, after] = wayOf(station) === "out" ? [0, EARLY] : [EARLY, 0];
  const covers = (early, late) => ([, starts, ends]) => Date.parse(starts) - early <= at && at < Date.parse(ends) + late;
  return (here.find(covers(0, 0)) ?? here.find(covers(before, after)))?.[0] ?? null;
}

// Where `seen` counts: people are in once at the event's own door, in a session, at daily stations, at a registration.
export function placeOf(station, session) {
  if (!station) return "door";
  if (station.type === "registration") return `station ${station.id}`;
  return station.type === "daily" ? "daily" : `session ${session}`;
}

// { reason, since } of a person who wants to come in or leave at `at` (milliseconds of the server's time).
// `seen` are this device's own scans of them: { place, direction, at }.
export function decide({ info, person, station, direction, at, seen, force }) {
  const kind = info.kinds.find((one) => one.id === person.kind);
  if (person.isTest && direction === "in" && at >= Date.parse(info.event.starts_at)) return { reason: "test-ticket" };
  const session = sessionAt(info, station, at);
  const { isInside, wasInside, since } = presence({ info, person, station, session, at, seen });
  const checks = [];
  if (direction === "in") {
    checks.push(ofTime(kind, station, info.event.zone, at));
    const isWrong = station?.tickets.length && !station.tickets.includes(person.kind);
    checks.push(isWrong ? "wrong-kind" : ofRoom(station, session));
    if (isInside) checks.push("already-in");
  } else if (!isInside && wasInside) {
    checks.push(ofRoom(station, session), "already-out");
  } else {
    checks.push(ofRoom(station, session));
  } // Who has not come as far as is known here came through a door that is offline too.
  const against = checks.filter((reason) => reason && !(force && FORCEABLE.has(reason)));
  const forced = against.length === 0 && checks.some(Boolean);
  const reason = against[0] ?? "admitted";
  return { reason, forced, since: reason === "already-in" && since > 1000 ? new Date(since).toISOString() : null };
}

/** At stations that people enter and leave a session takes place. */
const ofRoom = (station, session) => (station && isRoom(station) && session === null ? "not-this-room" : "");

function ofTime(kind, station, zone, at) {
  const begins = kind?.admits_from ? Date.parse(kind.admits_from) : null;
  if (begins !== null && at < begins) return dayOf(at, zone) === dayOf(begins, zone) ? "too-early" : "not-today";
  if (kind?.admits_until && at >= Date.parse(kind.admits_until)) return "not-today";
  return station?.opens_at && at < Date.parse(station.opens_at) ? "too-early" : "";
}

function presence({ info, person, station, session, at, seen }) {
  const place = placeOf(station, session);
  let steps = seen.filter((step) => step.place === place);
  if (station) {
    const types = new Map(info.stations.map((other) => [other.id, other]));
    for (const step of person.steps) {
      const other = types.get(step.station);
      if (other && placeOf(other, step.session) === place) steps.push({ at: step.at, direction: wayOf(other) });
    }
    const zone = info.event.zone;
    steps = steps.filter((step) => dayOf(step.at, zone) === dayOf(at, zone));
  } else if (person.since) {
    steps.push({ at: Math.abs(person.since) * 1000, direction: person.since > 0 ? "in" : "out" });
  }
  steps.sort((first, second) => first.at - second.at);
  const last = steps.at(-1);
  return { isInside: last?.direction === "in", wasInside: steps.length > 0, since: last?.at };
}

const formats = new Map();

function dayOf(at, timeZone) {
  if (!formats.has(timeZone)) formats.set(timeZone, new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }));
  return formats.get(timeZone).format(at);
}
