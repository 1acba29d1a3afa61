// The door without a cache: every scan is asked of the server. Stand-in for the one that goes on without network.

const KEY = "door-paired";

export async function openDoor({ api, onchange }) {
  let paired = JSON.parse(localStorage.getItem(KEY) ?? "null");
  const state = { online: navigator.onLine, synced_at: null, people: 0, queued: 0, skew_ms: 0, revoked: false, stations: [], kinds: [] };
  const tell = (change) => onchange?.(Object.assign(state, change));
  let number = 0;

  async function ask(path, init = {}) {
    const headers = { ...init.headers, Authorization: `JWT ${paired.token}` };
    try {
      const answer = await fetch(api + path, { ...init, headers, credentials: "omit" });
      tell({ online: true, revoked: answer.status === 401 });
      return answer;
    } catch (failure) {
      tell({ online: false });
      throw failure;
    }
  }

  async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  return {
    state,
    ask,
    get paired() {
      return paired;
    },
    async pair(token) {
      const answer = await fetch(`${api}/v1/door-devices/pair`, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ data: { token } }),
      });
      const content = await answer.json();
      if (!answer.ok) throw Object.assign(new Error(content.errors[0].detail), content.errors[0]);
      const { access_token, ...rest } = content;
      paired = { ...rest, token: access_token };
      localStorage.setItem(KEY, JSON.stringify(paired));
      tell({ revoked: false });
    },
    async unpair() {
      paired = null;
      localStorage.removeItem(KEY);
    },
    async sync() {
      tell({ synced_at: new Date() });
      return state;
    },
    async scan(sent) {
      const nonce = `${paired.device.id}-${Date.now().toString(36)}-${number++}`;
      const answer = await post(`/v1/events/${paired.event.identifier}/check-ins`, { nonce, ...sent });
      const content = await answer.json();
      if (!answer.ok) throw Object.assign(new Error(content.errors[0].detail), content.errors[0]);
      return { ...content, offline: false };
    },
    async flush() {},
    close() {},
  };
}
