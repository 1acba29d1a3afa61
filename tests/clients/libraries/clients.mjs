// Libraries that send requests themselves: each lists, reads, creates, changes, links, deletes, and reads an error.
import { API, AUTH, EVENT, HEADERS, HOST, SESSION, SPEAKER, TITLE, TOKEN, TRACK, demand } from "./world.mjs";

// Two of them keep tokens as browsers do.
const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
const NAME = "/data/attributes/name";
const event = { id: EVENT, type: "event" };
const speaker = { id: SPEAKER, type: "speaker" };

export const kitsu = async ({ default: Kitsu }) => {
  const api = new Kitsu({ baseURL: API, camelCaseTypes: false, resourceCase: "none", headers: { Authorization: AUTH } });
  const params = { include: "track,speakers", page: { size: 2 }, sort: "title", filter: { title: TITLE } };
  const { data } = await api.get(`events/${EVENT}/sessions`, { params });
  demand(data[0].speakers.data[0].name && data[0].track.data.name, "what is included");
  const { data: made } = await api.create("track", { name: "Kitsu", color: "#00aa00", event: { data: event } });
  demand((await api.update("track", { id: made.id, name: "Kitsune" })).data.name === "Kitsune", "the change");
  const { data: whole } = await api.get(`session/${SESSION}`, { params: { include: "track,speakers" } });
  demand((await api.update("session", whole)).data.title === TITLE, "the whole record sent back");
  const refused = await api.create("track", { color: "#00aa00" }).catch((error) => error);
  demand(refused.errors[0].source.pointer === NAME, "the error");
  await api.delete("track", made.id);
};

export const devour = async ({ default: Devour }) => {
  const api = new (Devour.default ?? Devour)({ apiUrl: API, logger: false });
  api.headers.Authorization = AUTH;
  const one = (type) => ({ jsonApi: "hasOne", type });
  api.define("event", { name: "" });
  api.define("speaker", { name: "" });
  api.define("track", { name: "", color: "", event: one("event") });
  api.define("session", { title: "", track: one("track"), speakers: { jsonApi: "hasMany", type: "speaker" } });
  const params = { include: "track,speakers", filter: { title: TITLE }, page: { size: 2 }, sort: "title" };
  const { data } = await api.one("event", EVENT).all("session").get(params);
  demand(data[0].track.name && data[0].speakers[0].name, "what is included");
  const { data: made } = await api.create("track", { name: "Devour", color: "#aa0000", event });
  demand((await api.update("track", { id: made.id, name: "Devoured" })).data.name === "Devoured", "the change");
  const links = api.one("session", SESSION).relationships("speakers");
  await links.post([speaker]);
  const refused = await api.create("track", { color: "#aa0000" }).catch((error) => error);
  demand(refused.name.detail, "the error by its attribute");
  await api.destroy("track", made.id);
};

export const orbit = async ({ JSONAPISource, ...rest }, { RecordSchema }) => {
  const source = JSONAPISource ?? rest.default.JSONAPISource;
  const text = { type: "string" };
  const many = (type) => ({ kind: "hasMany", type });
  const single = (type) => ({ kind: "hasOne", type });
  const schema = new RecordSchema({
    models: {
      event: { attributes: { name: text }, relationships: { sessions: many("session") } },
      speaker: { attributes: { name: text } },
      track: { attributes: { name: text, color: text }, relationships: { event: single("event") } },
      session: {
        attributes: { title: text },
        relationships: { track: single("track"), speakers: many("speaker") },
      },
    },
  });
  const remote = new source({ schema, name: "remote", host: API, defaultFetchSettings: { headers: HEADERS } });
  const session = { type: "session", id: SESSION };
  const list = (query) => query.findRelatedRecords(event, "sessions").sort("title").page({ offset: 0, limit: 2 });
  demand((await remote.query(list, { include: ["track", "speakers"] })).length === 2, "a page");
  const named = (query) => query.findRelatedRecords(event, "sessions").filter({ attribute: "title", value: TITLE });
  demand((await remote.query(named))[0].id === SESSION, "the filter");
  demand((await remote.query((query) => query.findRecord(session))).attributes.title === TITLE, "a record");
  await remote.update((change) => change.replaceRelatedRecord(session, "track", null));
  await remote.update((change) => change.replaceRelatedRecord(session, "track", { type: "track", id: TRACK }));
  await remote.update((change) => change.addToRelatedRecords(session, "speakers", speaker));
  await remote.update((change) => change.replaceAttribute(session, "title", TITLE));
};

export const spraypaint = async ({ default: Spraypaint }) => {
  const { SpraypaintBase, attr, belongsTo, hasMany } = Spraypaint;
  const shared = { baseUrl: HOST, apiNamespace: "/v1", keyCase: { server: "dash", client: "camel" } };
  const Base = SpraypaintBase.extend({ static: shared });
  Base.generateAuthHeader = () => AUTH;
  Base.jwt = TOKEN;
  const model = (jsonapiType, attrs) => Base.extend({ static: { jsonapiType, endpoint: `/${jsonapiType}s` }, attrs });
  const Event = model("event", { name: attr() });
  const Speaker = model("speaker", { name: attr() });
  const Track = model("track", { name: attr(), color: attr(), event: belongsTo({ type: Event }) });
  const attributes = { title: attr(), track: belongsTo({ type: Track }), speakers: hasMany({ type: Speaker }) };
  const Session = model("session", attributes);
  const list = Session.where({ title: TITLE }).order({ title: "desc" }).page(1).per(2).includes(["track", "speakers"]);
  const { data } = await list.all();
  demand(data[0].track.name && data[0].speakers[0].name, "what is included");
  const made = new Track({ name: "Spray", color: "#0000aa" });
  made.event = new Event({ id: EVENT });
  made.event.isPersisted = true;
  demand(await made.save({ with: ["event"] }), "creation");
  made.name = "Sprayed";
  demand(await made.save(), "the change");
  const refused = await new Track({ color: "#0000aa" }).save().catch((error) => error);
  demand(refused.response.status === 422, "the error"); // it reads only those of Graphiti's own format
  demand(await made.destroy(), "deletion");
};

export const coloquent = async ({ Model }) => {
  class Base extends Model {
    constructor(type) {
      super();
      this.jsonApiType = type;
    }
    getJsonApiBaseUrl() {
      return API;
    }
  }
  class Event extends Base { constructor() { super("events"); } }
  class Track extends Base { constructor() { super("tracks"); } }
  class Session extends Base {
    constructor() { super("sessions"); }
    track() { return this.hasOne(Track, "track"); }
  }
  new Event();
  Model.httpClient.getImplementingClient().defaults.headers.common.Authorization = AUTH;
  const page = await Session.where("title", TITLE).with("track").orderBy("title", "desc").get(1);
  demand(page.getData()[0].getAttribute("title") === TITLE, "a page");
  const made = new Track();
  made.setAttribute("name", "Coloquent");
  made.setAttribute("color", "#00aaaa");
  const owner = new Event();
  owner.setApiId(EVENT);
  made.setRelation("event", owner);
  demand((await made.save()).getModelId(), "creation");
  made.setAttribute("name", "Eloquent");
  await made.save();
  await made.delete();
};

export const reduxJsonApi = async (library) => {
  const { reducer, setAxiosConfig, readEndpoint, createResource, updateResource, deleteResource } = library.default;
  let state = { api: reducer(undefined, { type: "start" }) };
  const dispatch = (action) => {
    if (typeof action === "function") return action(dispatch, () => state);
    state = { api: reducer(state.api, action) };
    return action;
  };
  dispatch(setAxiosConfig({ baseURL: `${API}/`, headers: HEADERS }));
  await dispatch(readEndpoint(`events/${EVENT}/sessions?include=track,speakers`));
  demand(state.api.session.data.length && state.api.speaker.data.length, "what is included");
  const links = { event: { data: event } };
  const sent = { type: "tracks", attributes: { name: "Redux", color: "#aaaa00" }, relationships: links };
  const { data } = await dispatch(createResource(sent));
  const changed = { type: "tracks", id: data.id, attributes: { name: "Reduced" } };
  demand((await dispatch(updateResource(changed))).data.attributes.name === "Reduced", "the change");
  await dispatch(deleteResource({ type: "tracks", id: data.id })).catch(() => undefined); // it keeps no tracks itself
};

export const reactAdmin = async (library) => {
  const provide = (library.default.default ?? library.default)(API, { headers: HEADERS, total: "count" });
  const list = { pagination: { page: 1, perPage: 2 }, sort: { field: "name", order: "DESC" } };
  const found = await provide("GET_LIST", "events", { ...list, filter: { name: "Open Maps Summit" } });
  demand(found.total === 1 && found.data[0].id === EVENT, "the list with its total");
  const below = await provide("GET_MANY_REFERENCE", "sessions", { ...list, filter: {}, target: "event", id: EVENT, sort: { field: "title" } });
  demand(below.total > 0, "the sessions of the event");
  demand((await provide("GET_ONE", "sessions", { id: SESSION })).data.title === TITLE, "a record");
  const made = (await provide("CREATE", "groups", { data: { name: "Admin" } })).data;
  const changed = await provide("UPDATE", "groups", { id: made.id, data: { name: "Admins" } });
  demand(changed.data.name === "Admins", "the change");
  const refused = await provide("CREATE", "groups", { data: {} }).catch((error) => error);
  demand(refused.message.errors[0].source.pointer === NAME, "the error");
  await provide("DELETE", "groups", { id: made.id });
};

export const jsonapiReact = async (library) => {
  const { ApiClient } = library.default ?? library;
  const links = { track: { type: "tracks" }, speakers: { type: "speakers" }, event: { type: "events" } };
  const schema = { events: {}, tracks: { relationships: links }, speakers: {}, sessions: { relationships: links } };
  const client = new ApiClient({ url: API, mediaType: "application/vnd.api+json", schema, headers: { Authorization: AUTH } });
  const include = ["track", "speakers"];
  const { data } = await client.fetch(["events", EVENT, "sessions", { include, page: { size: 2 }, filter: { title: TITLE } }]);
  demand(data[0].track.name && data[0].speakers[0].name, "what is included");
  const sent = { name: "React", color: "#aa00aa", event: { id: EVENT, type: "events" } };
  const made = await client.mutate(["tracks"], sent, { invalidate: false });
  demand(made.data.id, JSON.stringify(made));
  const changed = await client.mutate(["tracks", made.data.id], { name: "Reacted" }, { invalidate: false });
  demand(changed.data.name === "Reacted", "the change");
  const refused = await client.mutate(["tracks"], { color: "#aa00aa" }, { invalidate: false });
  demand(JSON.stringify(refused).includes(NAME), "the error");
  await client.delete(["tracks", made.data.id]);
};

export const datx = async ({ jsonapi, config }, { Collection, PureModel }) => {
  config.baseUrl = `${API}/`;
  config.defaultFetchOptions = { headers: HEADERS };
  config.fetchReference = fetch;
  const model = (type) => Object.assign(class extends jsonapi(PureModel) {}, { type, endpoint: `${type}s` });
  const [Speaker, Track, Event, Session, Group] = ["speaker", "track", "event", "session", "group"].map(model);
  const types = [Speaker, Track, Event, Session, Group];
  const Store = Object.assign(class extends jsonapi(Collection) {}, { types });
  const store = new Store();
  const queryParams = { include: ["track", "speakers"], sort: "-title", filter: { title: TITLE } };
  const { data } = await store.getMany(Session, { queryParams });
  demand(data[0].title === TITLE && data[0].track.name, "what is included");
  const made = store.add({ name: "Datx" }, Group);
  await made.save();
  made.name = "Data";
  await made.save();
  const refused = await store.add({ color: "#0a0a0a" }, Track).save().catch((error) => error);
  demand((refused.error ?? refused)[0].source.pointer, "the error");
  await made.destroy();
};
