// What a device keeps: in IndexedDB, or in memory where there is none (tests). Each call is one transaction.

const NAME = "open-event-door";
const STORES = ["meta", "parts", "queue"];

export function memoryStore() {
  const kept = { meta: new Map(), parts: [], queue: new Map() };
  return {
    async load() {
      return { meta: Object.fromEntries(kept.meta), parts: [...kept.parts], queue: [...kept.queue.values()] };
    },
    async keep(meta, part = null, { instead = false } = {}) {
      for (const [name, value] of Object.entries(meta)) kept.meta.set(name, structuredClone(value));
      if (instead) kept.parts = [];
      if (part) kept.parts.push(structuredClone(part));
    },
    async enqueue(scan, meta) {
      kept.queue.set(scan.nonce, structuredClone(scan));
      for (const [name, value] of Object.entries(meta)) kept.meta.set(name, structuredClone(value));
    },
    async dequeue(nonces) {
      for (const nonce of nonces) kept.queue.delete(nonce);
    },
    async replace(meta, part, queue) {
      kept.meta = new Map(Object.entries(structuredClone(meta)));
      kept.parts = part ? [structuredClone(part)] : [];
      kept.queue = new Map(queue.map((scan) => [scan.nonce, structuredClone(scan)]));
    },
    async clear() {
      kept.meta.clear();
      kept.parts = [];
      kept.queue.clear();
    },
    close() {},
  };
}

async function openDatabase(name) {
  return done(globalThis.indexedDB.open(name, 1), (request) => {
    request.onupgradeneeded = () => {
      request.result.createObjectStore("meta");
      request.result.createObjectStore("parts", { autoIncrement: true });
      request.result.createObjectStore("queue", { keyPath: "nonce" });
    };
  });
}

export async function openStore(name = NAME) {
  let database = await openDatabase(name);
  const change = (work) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(STORES, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      work(Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)])));
    });
  const putAll = (store, meta) => Object.entries(meta).forEach(([name, value]) => store.put(value, name));
  return {
    async load() {
      const transaction = database.transaction(STORES, "readonly");
      const store = (name) => transaction.objectStore(name);
      const [names, values, parts, queue] = await Promise.all([
        done(store("meta").getAllKeys()),
        done(store("meta").getAll()),
        done(store("parts").getAll()),
        done(store("queue").getAll()),
      ]);
      return { meta: Object.fromEntries(names.map((name, place) => [name, values[place]])), parts, queue };
    },
    keep: (meta, part = null, { instead = false } = {}) =>
      change((stores) => {
        putAll(stores.meta, meta);
        if (instead) stores.parts.clear();
        if (part) stores.parts.add(part);
      }),
    enqueue: (scan, meta) =>
      change((stores) => {
        stores.queue.put(scan);
        putAll(stores.meta, meta);
      }),
    dequeue: (nonces) => change((stores) => nonces.forEach((nonce) => stores.queue.delete(nonce))),
    // Everything anew, also when somebody has cleared the browser's data meanwhile.
    async replace(meta, part, queue) {
      database.close();
      database = await openDatabase(name);
      await change((stores) => {
        Object.values(stores).forEach((store) => store.clear());
        putAll(stores.meta, meta);
        if (part) stores.parts.add(part);
        queue.forEach((scan) => stores.queue.put(scan));
      });
    },
    clear: () => change((stores) => Object.values(stores).forEach((store) => store.clear())),
    close: () => database.close(),
  };
}

function done(request, prepare = () => {}) {
  return new Promise((resolve, reject) => {
    prepare(request);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
