// What each library is tried on: a session of the demo's event with a track and speakers, as its organizer.
export const HOST = process.env.API;
export const API = `${HOST}/v1`;
export const JSONAPI = "application/vnd.api+json";

const ask = async (path, options = {}) => (await fetch(`${API}/${path}`, options)).json();
const account = { email: "mara.lindqvist@example.org", password: "demo-password" };
const signedIn = await ask("auth/login", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(account),
});
export const TOKEN = signedIn.access_token;
export const AUTH = `JWT ${TOKEN}`;
export const HEADERS = { Authorization: AUTH, Accept: JSONAPI, "Content-Type": JSONAPI };

const events = await ask("events?filter[name]=Open Maps Summit", { headers: HEADERS });
export const EVENT = events.data[0].id;
export const sessionsDocument = () =>
  ask(`events/${EVENT}/sessions?include=track,speakers&sort=title`, { headers: HEADERS });
const complete = (session) => session.relationships.track.data && session.relationships.speakers.data.length;
const session = (await sessionsDocument()).data.find(complete);
export const SESSION = session.id;
export const TITLE = session.attributes.title;
export const TRACK = session.relationships.track.data.id;
export const SPEAKER = session.relationships.speakers.data[0].id;

// Sends a document that a library has made; it fails with what the server says.
export const send = async (method, path, document) => {
  const answer = await fetch(`${API}/${path}`, { method, headers: HEADERS, body: JSON.stringify(document) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text && JSON.parse(text);
};

export const demand = (holds, what) => {
  if (!holds) throw new Error(what);
};
