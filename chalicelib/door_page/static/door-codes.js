// Reads the entries of a door's list with the text of a ticket's code: HKDF and HMAC of WebCrypto (docs/door.md).

const TAGGED = 1;
const WRAPPED = 2;
const TAG_BYTES = 6;
const KEY_BYTES = 16;
const CHECK_BYTES = 8;
const encoder = new TextEncoder();
const subtle = globalThis.crypto.subtle;

export function fromBase64(text) {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(standard), (letter) => letter.charCodeAt(0));
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

// The lookup tag in an entry (base64), or null.
export function tagOf(sealed) {
  const head = fromBase64(sealed.slice(0, 12));
  return head[0] & TAGGED ? toBase64(head.subarray(1, 1 + TAG_BYTES)) : null;
}

// The tags (base64) in a row of what was removed.
export function tagsIn(text) {
  const bytes = fromBase64(text);
  const tags = [];
  for (let at = 0; at < bytes.length; at += TAG_BYTES) tags.push(toBase64(bytes.subarray(at, at + TAG_BYTES)));
  return tags;
}

// Former texts are read in any case.
export function canonical(text) {
  const trimmed = text.trim();
  return trimmed.startsWith("OE") ? trimmed : trimmed.toLowerCase();
}

// What a signed code says, or null for other texts.
export function readSigned(text, prefix) {
  if (!text.startsWith(prefix)) return null;
  try {
    const content = fromBase64(text.slice(prefix.length));
    if (content.length !== 82) return null;
    const view = new DataView(content.buffer);
    const attendee = view.getUint16(4) * 2 ** 32 + view.getUint32(6);
    return { key: view.getUint32(0), attendee, payload: content.subarray(0, 18), signature: content.subarray(18) };
  } catch {
    return null; // not base64
  }
}

// Whether one of the event's keys has signed the code; false too where the browser knows no Ed25519.
export async function isSigned(signed, keys) {
  const known = keys.keys.find((key) => key.id === signed.key);
  if (!known) return false;
  try {
    const key = await subtle.importKey("raw", fromBase64(known.public_key), { name: "Ed25519" }, false, ["verify"]);
    const context = encoder.encode(keys.context);
    const text = new Uint8Array([...context, ...signed.payload]);
    return await subtle.verify({ name: "Ed25519" }, key, signed.signature, text);
  } catch (failure) {
    if (failure.name === "NotSupportedError") return false;
    throw failure;
  }
}

async function derived(secret, salt, info, bytes) {
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info };
  return new Uint8Array(await subtle.deriveBits(how, key, bytes * 8));
}

// { tag, key(), wrapping() } of a code's text at the event with this salt.
export async function secretOf(text, salt) {
  const secret = encoder.encode(canonical(text));
  const of = (name, bytes) => derived(secret, salt, encoder.encode(name), bytes);
  return { tag: toBase64(await of("tag", TAG_BYTES)), key: () => of("key", KEY_BYTES), wrapping: () => of("wrap", KEY_BYTES) };
}

// The content of an entry (base64), by the key of the text; with `wrapping` by that, where the key is wrapped.
// Null by a wrong one.
export async function unseal(id, sealed, secret, isSignedText) {
  const entry = fromBase64(sealed);
  let at = 1 + (entry[0] & TAGGED ? TAG_BYTES : 0);
  let key = null;
  if (entry[0] & WRAPPED) {
    const wrapped = entry.subarray(at, at + KEY_BYTES);
    at += KEY_BYTES;
    if (isSignedText) key = xor(wrapped, await secret.wrapping());
  }
  key ??= await secret.key();
  const check = entry.subarray(at, at + CHECK_BYTES);
  const text = entry.subarray(at + CHECK_BYTES);
  const info = new Uint8Array([...encoder.encode("text"), ...check]);
  const content = xor(text, await derived(key, new Uint8Array(0), info, text.length));
  const known = await checkOf(key, id, content);
  if (!check.every((byte, place) => byte === known[place])) return null;
  return JSON.parse(new TextDecoder().decode(content));
}

async function checkOf(key, id, content) {
  const place = new Uint8Array(8);
  new DataView(place.buffer).setBigUint64(0, BigInt(id));
  const hash = { name: "HMAC", hash: "SHA-256" };
  const signing = await subtle.importKey("raw", key, hash, false, ["sign"]);
  const text = new Uint8Array([...encoder.encode("check"), ...place, ...content]);
  return new Uint8Array(await subtle.sign("HMAC", signing, text)).subarray(0, CHECK_BYTES);
}

function xor(left, right) {
  return left.map((byte, place) => byte ^ right[place]);
}
