// Libraries that turn documents into objects, and objects into documents: what they make is sent.
import { EVENT, SESSION, TITLE, TRACK, demand, send, sessionsDocument } from "./world.mjs";

const read = (sessions) => {
  const session = sessions.find((one) => one.id === SESSION);
  demand(session.track.name && session.speakers[0].name, "what is included");
  return session;
};

export const jsona = async ({ Jsona }) => {
  const formatter = new Jsona();
  const session = read(formatter.deserialize(await sessionsDocument()));
  const sent = formatter.serialize({ stuff: session, includeNames: ["track", "speakers"] });
  demand((await send("PATCH", `sessions/${SESSION}`, sent)).data.attributes.title === TITLE, "the record sent back");
};

export const normalizer = async (normalize, build) => {
  const store = (normalize.default.default ?? normalize.default)(await sessionsDocument());
  const objectOf = build.default.default ?? build.default;
  read([objectOf(store, "session", SESSION, { eager: true, ignoreLinks: true })]);
};

export const serializer = async ({ default: library }) => {
  const deserializer = new library.Deserializer({ keyForAttribute: "camelCase" });
  read(await deserializer.deserialize(await sessionsDocument()));
  const options = { attributes: ["name", "color", "event"], event: { ref: "id", included: false } };
  const track = { name: "Serializer", color: "#123456", event: { id: EVENT } };
  const made = await send("POST", "tracks", new library.Serializer("track", options).serialize(track));
  await send("DELETE", `tracks/${made.data.id}`);
};

export const datastore = async (library) => {
  const store = new (library.JsonApiDataStore ?? library.default.JsonApiDataStore)();
  const { log } = console;
  console.log = () => undefined; // it says of each link that it does not know links
  store.sync(await sessionsDocument());
  console.log = log;
  const session = read([store.find("session", SESSION)]);
  session.setAttribute("title", TITLE);
  await send("PATCH", `sessions/${SESSION}`, session.serialize());
  demand(session.track.id === TRACK, "the track");
};
