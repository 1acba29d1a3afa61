// A device at the door: paired once, asks the API, and goes on by itself when there is no network.
// It never touches the page. INTERFACE: docs/door.md, "The core of the page".

import { DoorList } from "./door-list.js";
import { decide, FORCEABLE, placeOf, sentence, sessionAt, stationOf, wayOf } from "./door-gate.js";
import { iso, posted, problem } from "./door-requests.js";
import { memoryStore, openStore } from "./door-store.js";

export { memoryStore };

const DEADLINE = 1_500; // milliseconds until a scan is decided offline
const PATIENCE = 30_000; // of what is not waited for at the door
const EVERY = 30_000;
const RETRY = 10_000; // after a failure scans are decided offline at once for so long
const BATCH = 500;
const JUMP = 5_000; // a clock that moved by more has jumped, or slept
const PARTS = 50; // then they are kept as one
const LONGEST = 500; // characters of a code; what is longer (a badge's vCard) is no ticket
const MALFORMED = [400, 413, 422]; // what the API will never take; anything else may pass later

export async function openDoor(options) {
  const store = options.store ?? (await openStore().catch(() => null));
  const door = new Door(options, store ?? memoryStore());
  if (!store) door.state.unkept = door.isForgetful = true; // the browser lets nothing be kept
  await door.load();
  if (options.follows !== false) door.follow();
  return door;
}

class Door {
  constructor({ api, onchange, fetch: fetcher, clock, deadline }, store) {
    this.api = api;
    this.onchange = onchange;
    this.deadline = deadline ?? DEADLINE;
    this.fetch = fetcher ?? ((...sent) => globalThis.fetch(...sent));
    this.clock = clock ?? { now: () => Date.now(), steady: () => performance.now() };
    this.store = store;
    this.list = new DoorList();
    this.parts = 0;
    this.queue = [];
    this.seen = {}; // id -> own scans that let in or out
    this.paired = null;
    this.cursor = null;
    this.failed_at = -Infinity;
    this.boot = crypto.randomUUID();
    this.jumps = 0; // how often the clock may have jumped
    this.isMeasured = false;
    this.state = {
      ...{ online: true, synced_at: null, people: 0, queued: 0, refused: 0, skew_ms: 0, revoked: false },
      ...{ stations: [], kinds: [], gone: false, unkept: false },
    };
    this.syncing = this.flushing = null;
    this.lastTick = [this.clock.now(), this.clock.steady()];
    this.woken = () => this.wake();
  }

  // Goes on by itself from now on.
  follow() {
    globalThis.addEventListener?.("online", this.woken);
    this.timer = setInterval(this.woken, EVERY);
    this.timer.unref?.();
    this.ticker = setInterval(() => this.tick(), 1_000);
    this.ticker.unref?.();
  }

  async load() {
    const { meta, parts, queue } = await this.store.load();
    this.synced = meta.synced_at ?? null;
    this.paired = meta.paired ?? null;
    this.token = meta.token ?? null;
    this.cursor = meta.cursor ?? null;
    this.seen = meta.seen ?? {};
    this.queue = queue.sort((first, second) => first.place - second.place);
    this.place = this.queue.at(-1)?.place ?? 0;
    for (const part of parts) this.list.take(part);
    this.parts = parts.length;
    this.list.info = meta.info ?? null;
    const known = meta.info ? { stations: meta.info.stations, kinds: meta.info.kinds } : {};
    const skew = { skew_ms: meta.skew_ms ?? 0, revoked: meta.revoked ?? false, refused: meta.refused?.length ?? 0 };
    this.refused = meta.refused ?? [];
    this.tell({ ...known, ...skew, synced_at: meta.synced_at ? new Date(meta.synced_at) : null });
  }

  close() {
    clearInterval(this.timer);
    clearInterval(this.ticker);
    globalThis.removeEventListener?.("online", this.woken);
    this.store.close();
  }

  async pair(token) {
    if (this.queue.length) await this.flush();
    if (this.queue.length) throw new Error(`${this.queue.length} scans of the event before wait to be sent.`);
    const answer = await this.fetch(`${this.api}/v1/door-devices/pair`, posted({ data: { token } }, {}));
    const content = await answer.json();
    if (!answer.ok) throw problem(answer, content);
    await this.unpair({ force: true });
    await globalThis.navigator?.storage?.persist?.(); // else a browser may clear it when space is short
    const { access_token, ...paired } = content;
    this.paired = paired;
    this.token = access_token;
    await this.keep((store) => store.keep({ paired, token: access_token }));
    this.tell({ revoked: false, gone: false, online: true });
  }

  async unpair({ force = false } = {}) {
    if (this.queue.length && !force) throw new Error(`${this.queue.length} scans wait to be sent.`);
    await this.keep((store) => store.clear(), { always: true });
    Object.assign(this, { paired: null, token: null, cursor: null, seen: {}, queue: [], refused: [], parts: 0 });
    this.synced = null;
    this.list.clear();
    this.list.info = null;
    this.tell({ synced_at: null, stations: [], kinds: [], revoked: false, gone: false, refused: 0 });
  }

  // fetch() with the device's token. It rejects without network, and throws for no status.
  async ask(path, init = {}, patience = PATIENCE) {
    const headers = { ...init.headers, ...(this.token ? { Authorization: `JWT ${this.token}` } : {}) };
    const signal = AbortSignal.timeout(patience);
    let answer;
    try {
      answer = await this.fetch(this.api + path, { credentials: "omit", ...init, headers, signal });
    } catch (failure) {
      this.failed_at = this.clock.steady();
      this.tell({ online: false });
      throw failure;
    }
    const isBroken = answer.status >= 500 || answer.status === 429;
    this.failed_at = isBroken ? this.clock.steady() : -Infinity; // once it is back, it is asked again
    if (answer.status === 401 && !this.state.revoked) await this.revoke();
    this.tell({ online: !isBroken });
    return answer;
  }

  // The device was revoked: what it knows of others is forgotten, and what it has scanned is kept.
  async revoke() {
    this.tell({ revoked: true });
    await this.forgetList();
  }

  async forgetList() {
    this.list.clear();
    this.parts = 0;
    this.cursor = null;
    await this.keep((store) => store.keep({ revoked: this.state.revoked, cursor: null }, null, { instead: true }), {
      always: true,
    });
    this.tell({});
  }

  // What cannot be kept, as there is no space or somebody has cleared the browser's data, is known while the
  // page is open; it is tried again now and then.
  async keep(work, { always = false } = {}) {
    if (this.state.unkept && !always) return;
    try {
      await work(this.store);
    } catch (failure) {
      console.info("Nothing can be kept at present:", failure.message);
      this.tell({ unkept: true });
    }
  }

  async keepAll() {
    if (this.isForgetful) return;
    const { skew_ms, revoked } = this.state;
    const { paired, token, cursor, seen, refused, list } = this;
    const meta = { paired, token, cursor, seen, refused, skew_ms, revoked, info: list.info, synced_at: this.synced };
    try {
      await this.store.replace(meta, list.whole(), this.queue);
    } catch {
      return; // later
    }
    this.parts = 1;
    this.tell({ unkept: false });
  }

  sync() {
    this.syncing ??= this.fetchList().finally(() => (this.syncing = null));
    return this.syncing;
  }

  async fetchList() {
    if (!this.paired || this.state.revoked) return this.state;
    const began = this.clock.now();
    for (let more = true; more; ) {
      const cursor = this.cursor ? `?cursor=${encodeURIComponent(this.cursor)}` : "";
      const asked = this.clock.now();
      let content, answer;
      try {
        answer = await this.ask(`${this.address}/door-snapshot${cursor}`);
        content = await answer.json();
      } catch {
        return this.state; // no network, or none any more: state.online says so
      }
      if (answer.status === 401 || answer.status === 429 || answer.status >= 500) return this.state;
      if (answer.status === 404) return this.leave();
      if (!answer.ok) throw problem(answer, content);
      await this.take(content, asked, began);
      more = content.more;
    }
    return this.state;
  }

  // The event was removed, or is no longer public: its tickets admit nobody until it is back.
  async leave() {
    this.tell({ gone: true });
    await this.forgetList();
    return this.state;
  }

  async take(content, asked, began) {
    const { entries, removed, reset, cursor, more, now, ...info } = content;
    const received = this.clock.now();
    const skew_ms = Math.round(Date.parse(now) - (asked + received) / 2);
    const synced_at = more ? this.state.synced_at : new Date(received);
    this.list.info = info;
    this.list.take({ entries, removed, reset });
    this.cursor = cursor;
    this.isMeasured = true;
    if (!more) this.forgetKnown(began + skew_ms - JUMP);
    const isNews = reset || entries.length > 0 || removed.length > 0;
    this.parts = (reset ? 0 : this.parts) + Number(isNews);
    const isLong = !more && this.parts > PARTS;
    if (isLong) this.parts = 1;
    const part = isLong ? this.list.whole() : isNews ? { entries, removed, reset } : null;
    const meta = { cursor, info, skew_ms, synced_at: synced_at?.getTime() ?? null, seen: this.seen };
    this.synced = meta.synced_at;
    await this.keep((store) => store.keep(meta, part, { instead: reset || isLong }));
    this.tell({ skew_ms, synced_at, stations: info.stations, kinds: info.kinds, gone: false });
  }

  async scan(sent) {
    if (!this.paired) throw new Error("This device is not paired.");
    this.tick();
    const scan = {
      ...{ nonce: crypto.randomUUID(), direction: sent.direction ?? "in", force: Boolean(sent.force) },
      ...Object.fromEntries(["code", "attendee", "search", "station"].filter((name) => sent[name]).map((name) => [name, sent[name]])),
    };
    const at = this.clock.now();
    if (this.state.revoked) return this.verdict(scan, { reason: "device-revoked" });
    if (scan.code?.length > LONGEST) return this.verdict(scan, { reason: "unknown" });
    const mayWait = this.clock.steady() - this.failed_at > RETRY;
    if (mayWait || sent.search || (sent.attendee && !sent.code)) {
      const verdict = await this.scanOnline(scan, at);
      if (verdict) return verdict;
    }
    if (this.state.revoked) return this.verdict(scan, { reason: "device-revoked" });
    if (this.state.gone) return this.verdict(scan, { reason: "event-gone" });
    return this.scanOffline(scan, at);
  }

  async scanOnline(scan, at) {
    // A clock that was not compared with the server's yet is not trusted.
    const body = this.isMeasured ? { ...scan, device_time: iso(at + this.state.skew_ms) } : scan;
    let answer, content;
    try {
      answer = await this.ask(`${this.address}/check-ins`, posted(body), this.deadline);
      content = await answer.json();
    } catch {
      return null;
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 401) return null;
    if (answer.status === 404) return this.leave().then(() => null);
    if (!answer.ok) throw problem(answer, content);
    if (content.admitted && content.attendee) {
      const station = this.list.info ? stationOf(this.list.info, this.gate(scan), scan.direction) : null;
      this.note(scan, content.attendee.id, station, at + this.state.skew_ms);
      await this.keep((store) => store.keep({ seen: this.seen }));
    }
    return { ...content, offline: false };
  }

  async scanOffline(scan, at) {
    if (!scan.code) throw Object.assign(new Error("Without network people are found by their code alone."), { reason: "offline-search" });
    if (!this.list.info) throw Object.assign(new Error("This device has no list yet."), { reason: "no-list" });
    const { info } = this.list;
    const { person, reason: against } = await this.list.find(scan.code);
    const station = stationOf(info, this.gate(scan), scan.direction);
    const direction = scan.direction;
    const moment = at + this.state.skew_ms;
    let decided;
    if (station === undefined) decided = { reason: "unknown-station" };
    else if (person) decided = decide({ ...{ info, person, station, direction, at: moment, force: scan.force }, seen: this.seen[person.id] ?? [] });
    else if (scan.force && FORCEABLE.has(against)) decided = { reason: "admitted", forced: true };
    else decided = { reason: against };
    const isAdmitted = decided.reason === "admitted";
    if (isAdmitted && person) this.note(scan, person.id, station, moment);
    const queued = {
      ...scan,
      ...{ at, skew: this.state.skew_ms, epoch: this.epoch, place: ++this.place },
      offline: { admitted: isAdmitted, reason: decided.reason },
    };
    this.queue.push(queued);
    await this.keep((store) => store.enqueue(queued, { seen: this.seen }));
    this.tell({});
    return this.verdict(scan, decided, person);
  }

  verdict(scan, { reason, since = null, forced = false }, person = null) {
    const admitted = reason === "admitted";
    const kind = this.list.info?.kinds.find((known) => known.id === person?.kind);
    const attendee = person && {
      ...{ id: person.id, name: person.name, ticket: kind?.name ?? "", order_reference: null, note: person.note },
      ...{ is_inside: admitted ? scan.direction === "in" : person.since > 0, answers: person.answers },
    };
    return {
      ...{ nonce: scan.nonce, admitted, reason, detail: sentence(reason), direction: scan.direction, since, forced },
      ...{ repeated: false, attendee, candidates: [], offline: true },
    };
  }

  flush() {
    this.flushing ??= this.send().finally(() => (this.flushing = null));
    return this.flushing;
  }

  async send() {
    if (!this.paired || !this.queue.length) return this.state;
    if (!this.isMeasured && !this.state.revoked) await this.sync();
    let most = BATCH;
    while (this.queue.length) {
      const batch = this.queue.slice(0, most);
      const [path, extra] = this.state.revoked
        ? ["/v1/door-devices/revoked-scans", { data: { token: this.token } }]
        : [`${this.address}/check-ins/batch`, {}];
      const body = { ...extra, sent_at: iso(this.clock.now()), scans: batch.map((scan) => this.asSent(scan)) };
      let answer, content;
      try {
        answer = await this.ask(path, posted(body));
        content = await answer.json();
      } catch {
        return this.state;
      }
      if (answer.status === 401 && path.startsWith(this.address)) continue; // revoked: it hands its scans in
      if (!answer.ok && !MALFORMED.includes(answer.status)) return this.state; // they wait
      if (!answer.ok && batch.length > 1) {
        most = Math.ceil(batch.length / 2); // one of them is malformed: which?
        continue;
      }
      if (!answer.ok) this.refused.push({ ...batch[0], detail: problem(answer, content).detail });
      const sent = new Set(batch.map((scan) => scan.nonce));
      this.queue = this.queue.filter((scan) => !sent.has(scan.nonce));
      if (!answer.ok) await this.keep((store) => store.keep({ refused: this.refused }));
      await this.keep((store) => store.dequeue([...sent]));
      this.tell({ refused: this.refused.length });
    }
    return this.state;
  }

  // Its time by the clock of now: where that may have jumped since, by what the server's was then.
  asSent({ at, skew, epoch, place, ...scan }) {
    const moved = epoch === this.epoch || !this.isMeasured ? 0 : skew - this.state.skew_ms;
    return { ...scan, device_time: iso(at + (Math.abs(moved) > JUMP ? moved : 0)) };
  }

  async wake() {
    if (!this.paired) return;
    if (this.state.unkept) await this.keepAll();
    await this.sync().catch(() => {});
    await this.flush();
  }

  tick() {
    const [now, steady] = [this.clock.now(), this.clock.steady()];
    const [before, steadily] = this.lastTick;
    this.lastTick = [now, steady];
    if (Math.abs(now - before - (steady - steadily)) <= JUMP) return;
    this.jumps += 1;
    this.isMeasured = false;
  }

  get epoch() {
    return `${this.boot} ${this.jumps}`;
  }

  note({ nonce, direction }, id, station, at) {
    const session = this.list.info ? sessionAt(this.list.info, station, at) : null;
    const step = { nonce, place: placeOf(station, session), direction: station ? wayOf(station) : direction, at };
    (this.seen[id] ??= []).push(step);
  }

  // What the server knew before the list was fetched is in the list.
  forgetKnown(began) {
    const waiting = new Set(this.queue.map((scan) => scan.nonce));
    for (const [id, steps] of Object.entries(this.seen)) {
      const kept = steps.filter((step) => waiting.has(step.nonce) || step.at >= began);
      if (kept.length) this.seen[id] = kept;
      else delete this.seen[id];
    }
  }

  gate(scan) {
    return scan.station ?? this.paired.station;
  }

  get address() {
    return `/v1/events/${this.paired.event.identifier}`;
  }

  tell(change) {
    Object.assign(this.state, change, { people: this.list.size, queued: this.queue.length });
    this.onchange?.(this.state);
  }
}
