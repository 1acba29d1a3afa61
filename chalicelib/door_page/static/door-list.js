// The list of a door in memory: follows snapshots and deltas, and finds whom the text of a code means.

import { canonical, fromBase64, isSigned, readSigned, secretOf, tagOf, tagsIn, unseal } from "./door-codes.js";

export class DoorList {
  constructor() {
    this.info = null; // the event, kinds, stations, keys, salt and switches of the last answer
    this.clear();
  }

  clear() {
    this.entries = new Map(); // id -> sealed
    this.tags = new Map(); // tag -> id
    this.removed = new Map(); // id -> rows
    this.voids = new Map(); // tag -> reason
  }

  get size() {
    return this.entries.size;
  }

  // Take an answer, or a kept part of one. Whoever is in it is told wholly.
  take({ reset, entries, removed }) {
    if (reset) this.clear();
    for (const [id] of entries) this.forget(id);
    for (const [id] of removed) this.forget(id);
    for (const [id, sealed] of entries) {
      this.entries.set(id, sealed);
      const tag = tagOf(sealed);
      if (tag) this.tags.set(tag, id);
    }
    for (const row of removed) {
      const [id, reason, tags] = row;
      this.removed.set(id, [...(this.removed.get(id) ?? []), row]);
      for (const tag of tagsIn(tags)) this.voids.set(tag, reason);
    }
  }

  forget(id) {
    const sealed = this.entries.get(id);
    if (sealed !== undefined) {
      this.tags.delete(tagOf(sealed));
      this.entries.delete(id);
    }
    for (const [, , tags] of this.removed.get(id) ?? []) for (const tag of tagsIn(tags)) this.voids.delete(tag);
    this.removed.delete(id);
  }

  // All of it as one part, to be kept instead of many.
  whole() {
    return { reset: true, entries: [...this.entries], removed: [...this.removed.values()].flat() };
  }

  // { person } for a code that admits, or { reason }: why it is void, "not-in-list", or "unknown".
  async find(text) {
    const salt = fromBase64(this.info.salt);
    const secret = await secretOf(text, salt);
    const reason = this.voids.get(secret.tag);
    if (reason) return { reason };
    const signed = readSigned(text.trim(), this.info.keys.prefix);
    if (signed) {
      const person = await this.open(signed.attendee, secret, true);
      if (person) return { person };
      return { reason: (await isSigned(signed, this.info.keys)) ? "not-in-list" : "unknown" };
    }
    const former = canonical(text);
    const place = former.lastIndexOf("-");
    const last = former.slice(place + 1);
    const ids = [this.tags.get(secret.tag), /^[0-9]{1,15}$/.test(last) ? Number(last) : undefined];
    for (const id of ids) {
      if (id === undefined || !this.entries.has(id)) continue;
      const person = await this.open(id, await secretOf(`${former.slice(0, place)}-${id}`, salt), false);
      if (person) return { person };
    }
    return { reason: "unknown" };
  }

  async open(id, secret, isSignedText) {
    const sealed = this.entries.get(id);
    const content = sealed === undefined ? null : await unseal(id, sealed, secret, isSignedText);
    if (!content) return null;
    const [name, kind, since = 0, more = {}] = content;
    return {
      ...{ id: String(id), name, kind: String(kind), since, note: more.n ?? null, isTest: Boolean(more.t) },
      answers: (more.a ?? []).map(([field, answer]) => ({ name: field, answer })),
      steps: (more.s ?? []).map(([station, at, session]) => ({ station: String(station), at: at * 1000, session: session && String(session) })),
    };
  }
}
