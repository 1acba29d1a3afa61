// A device of an exhibitor: scans leads with the attendees' consent, and keeps what it cannot send yet.
// It never touches the page. What it is handed of people is in memory alone: without network it has none of it.

import { iso, posted, problem } from "./door-requests.js";
import { memoryStore, openStore } from "./door-store.js";

const DEADLINE = 4_000; // milliseconds until a scan is kept for later
const PATIENCE = 30_000;
const EVERY = 30_000;
const BATCH = 100;
const LONGEST = 500; // characters of a code
const MALFORMED = [400, 413, 422]; // what the API will never take

export async function openBooth(options) {
  const store = options.store ?? (await openStore("open-event-leads").catch(() => null));
  const booth = new Booth(options, store ?? memoryStore());
  if (!store) booth.state.unkept = true;
  await booth.load();
  return booth;
}

class Booth {
  constructor({ api, onchange, fetch: fetcher, clock }, store) {
    Object.assign(this, { api, onchange, store });
    this.fetch = fetcher ?? ((...sent) => globalThis.fetch(...sent));
    this.clock = clock ?? { now: () => Date.now() };
    this.paired = this.token = this.terms = null;
    this.leads = new Map(); // id -> lead, the newest last
    this.queue = [];
    this.state = { online: true, revoked: false, unkept: false, lost: 0 };
    this.woken = () => this.wake();
    globalThis.addEventListener?.("online", this.woken);
    this.timer = setInterval(this.woken, EVERY);
    this.timer.unref?.();
  }

  async load() {
    const { meta, queue } = await this.store.load();
    this.paired = meta.paired ?? null;
    this.token = meta.token ?? null;
    this.terms = meta.terms ?? null;
    this.queue = queue.sort((first, second) => first.place - second.place);
    this.tell({ revoked: meta.revoked ?? false, lost: meta.lost ?? 0 });
  }

  close() {
    clearInterval(this.timer);
    globalThis.removeEventListener?.("online", this.woken);
    this.store.close();
  }

  async keep(work) {
    try {
      await work(this.store);
    } catch (failure) {
      console.info("Nothing can be kept at present:", failure.message);
      this.tell({ unkept: true });
    }
  }

  async pair(token) {
    if (this.queue.length && !this.state.revoked) await this.flush();
    if (this.queue.length && !this.state.revoked) throw new Error(`${this.queue.length} leads of before wait to be sent.`);
    const answer = await this.fetch(`${this.api}/v1/lead-devices/pair`, posted({ data: { token } }));
    const content = await answer.json();
    if (!answer.ok) throw problem(answer, content);
    const { access_token, ...paired } = content;
    // A device that was revoked, and is paired for the same exhibitor again, still has its scans.
    const waiting = this.paired?.exhibitor.id === paired.exhibitor.id ? this.queue : [];
    await this.unpair();
    await globalThis.navigator?.storage?.persist?.();
    Object.assign(this, { paired, token: access_token, queue: waiting });
    await this.keep((store) => store.keep({ paired, token: access_token }));
    for (const scan of waiting) await this.keep((store) => store.enqueue(scan, {}));
    this.tell({ online: true });
  }

  async unpair() {
    Object.assign(this, { paired: null, token: null, terms: null, queue: [] });
    this.leads.clear();
    await this.keep((store) => store.clear());
    this.tell({ revoked: false, lost: 0 });
  }

  async ask(path, init = {}, patience = PATIENCE) {
    const headers = { ...init.headers, Authorization: `JWT ${this.token}` };
    let answer;
    try {
      answer = await this.fetch(this.api + path, { credentials: "omit", ...init, headers, signal: AbortSignal.timeout(patience) });
    } catch (failure) {
      this.tell({ online: false });
      throw failure;
    }
    if (answer.status === 401 && !this.state.revoked) await this.revoke();
    this.tell({ online: answer.status < 500 && answer.status !== 429 });
    return answer;
  }

  // Whoever has the device now reads nothing more; scans that wait stay, for whoever pairs it again here.
  async revoke() {
    this.leads.clear();
    this.tell({ revoked: true });
    await this.keep((store) => store.keep({ revoked: true }));
  }

  // The terms, and all leads.
  async refresh() {
    if (!this.paired || this.state.revoked) return;
    const answer = await this.ask(`/v1/events/${this.paired.event.identifier}/lead-settings`);
    if (!answer.ok) return;
    await this.learn(await answer.json());
    const known = new Map();
    for (let after = "0"; after; ) {
      const page = await this.ask(this.address("leads", `after=${after}&`));
      if (!page.ok) return;
      const { leads, next } = await page.json();
      for (const lead of leads) known.set(lead.id, lead);
      after = next;
    }
    this.leads = known;
    this.tell({});
  }

  async learn(terms) {
    this.terms = terms;
    await this.keep((store) => store.keep({ terms }));
  }

  // What becomes of a code: {reason, lead, terms}; "ask" without network: show the terms, and scan with consent.
  async scan({ code, consent = false, note = null, rating = null }) {
    if (code.length > LONGEST) return { reason: "unknown" };
    const agreed = consent ? { consent, wording_version: this.terms.version } : {};
    const said = { ...(note && { note }), ...(rating && { rating }) };
    const scan = { nonce: crypto.randomUUID(), code, ...agreed, ...said };
    const at = this.clock.now();
    try {
      const body = { sent_at: iso(this.clock.now()), scans: [{ ...scan, device_time: iso(at) }] };
      const answer = await this.ask(this.address("leads"), posted(body), DEADLINE);
      const content = await answer.json();
      if (answer.ok) {
        await this.learn(content.terms);
        const [{ reason, lead }] = content.results;
        if (lead) this.put(lead);
        return { reason, lead, terms: content.terms };
      }
      if (answer.status < 500 && answer.status !== 429) throw Object.assign(problem(answer, content), { isRefusal: true });
    } catch (failure) {
      if (failure.isRefusal) throw failure;
    }
    if (!this.terms) throw Object.assign(new Error("The terms are not known yet."), { reason: "no-list" });
    if (!consent) return { reason: "ask", terms: this.terms };
    const kept = { ...scan, at, place: (this.queue.at(-1)?.place ?? 0) + 1 };
    this.queue.push(kept);
    await this.keep((store) => store.enqueue(kept, {}));
    this.tell({});
    return { reason: "kept", kept: kept.nonce };
  }

  // Note something about a lead, or about a scan that waits.
  async note({ lead, kept }, note, rating) {
    const waiting = this.queue.find((scan) => scan.nonce === kept);
    if (waiting) {
      Object.assign(waiting, note ? { note } : {}, rating ? { rating } : {});
      await this.keep((store) => store.enqueue(waiting, {}));
      return;
    }
    if (!lead) return;
    const init = { ...posted({ note, rating }), method: "PATCH" };
    const answer = await this.ask(this.address(`leads/${lead}`), init);
    const content = await answer.json();
    if (!answer.ok) throw problem(answer, content);
    this.put(content);
  }

  put(lead) {
    this.leads.delete(lead.id);
    this.leads.set(lead.id, lead);
    this.tell({});
  }

  async file() {
    const answer = await this.ask(this.address("lead-files/leads.csv"));
    if (!answer.ok) throw problem(answer, await answer.json());
    return answer.blob();
  }

  flush() {
    this.flushing ??= this.send().finally(() => (this.flushing = null));
    return this.flushing;
  }

  async send() {
    let most = BATCH;
    while (this.paired && !this.state.revoked && this.queue.length) {
      const batch = this.queue.slice(0, most);
      const scans = batch.map(({ at, place, ...scan }) => ({ ...scan, device_time: iso(at) }));
      const body = { sent_at: iso(this.clock.now()), scans };
      let answer, content;
      try {
        answer = await this.ask(this.address("leads"), posted(body));
        content = await answer.json();
      } catch {
        return;
      }
      if (!answer.ok && !MALFORMED.includes(answer.status)) return; // they wait
      if (!answer.ok && batch.length > 1) {
        most = Math.ceil(batch.length / 2); // one of them is malformed: which?
        continue;
      }
      const results = answer.ok ? content.results : [{ reason: "malformed" }];
      for (const { lead } of results) if (lead) this.put(lead);
      const lost = this.state.lost + results.filter(({ lead }) => !lead).length;
      const sent = new Set(batch.map((scan) => scan.nonce));
      this.queue = this.queue.filter((scan) => !sent.has(scan.nonce));
      await this.keep((store) => store.keep({ lost }));
      await this.keep((store) => store.dequeue([...sent]));
      this.tell({ lost });
    }
  }

  async wake() {
    if (!this.paired || this.state.revoked) return;
    await this.flush();
    await this.refresh().catch(() => {});
  }

  // A private event is named by its identifier.
  address(what, query = "") {
    return `/v1/exhibitors/${this.paired.exhibitor.id}/${what}?${query}event=${this.paired.event.identifier}`;
  }

  tell(change) {
    Object.assign(this.state, change, { queued: this.queue.length });
    this.onchange?.(this.state);
  }
}
