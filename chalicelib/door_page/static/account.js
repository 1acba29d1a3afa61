// Who looks: a paired device, or somebody of the event's team with an account. A token stays in this tab.

import { API, byId, h } from "./elements.js";
import { t } from "./words.js";

const KEY = "door-account";

export const token = () => sessionStorage.getItem(KEY) ?? "";

export function signOut() {
  sessionStorage.removeItem(KEY);
}

/** fetch() of the API with the account's token; `path` begins with /v1. */
export function askAs(path, init = {}) {
  const headers = { ...init.headers, Authorization: `JWT ${token()}` };
  return fetch(API + path, { ...init, headers, credentials: "omit" });
}

export async function content(answer) {
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.errors?.[0]?.detail ?? String(answer.status));
  return found;
}

/** Show a form in the element #account until somebody has signed in; then call `then()`. */
export function demandAccount(then) {
  const place = byId("account");
  if (token()) {
    place.hidden = true;
    return then();
  }
  const refusal = h("p", { class: "refusal", role: "alert" });
  const field = (id, kind, complete) => [
    h("label", { for: id }, t(id)),
    h("input", { id, type: kind, required: true, autocomplete: complete }),
  ];
  const keep = (value) => {
    sessionStorage.setItem(KEY, value.replace(/^(JWT|Bearer)\s+/i, ""));
    place.hidden = true;
    then();
  };
  const signIn = async (event) => {
    event.preventDefault();
    refusal.textContent = "";
    const [email, password] = [byId("email").value, byId("password").value];
    try {
      const body = JSON.stringify({ email, password });
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`${API}/v1/auth/login`, { method: "POST", credentials: "omit", headers, body });
      keep((await content(answer)).access_token);
    } catch (failure) {
      refusal.textContent = t("refused", { reason: failure.message });
    }
  };
  const paste = (event) => {
    event.preventDefault();
    keep(byId("token").value.trim());
  };
  place.replaceChildren(
    h("h2", {}, t("account_title")),
    h("p", {}, t("account_how")),
    h("form", { onsubmit: signIn }, field("email", "email", "username"), field("password", "password", "current-password"), h("button", { class: "main" }, t("sign_in"))),
    refusal,
    h("form", { onsubmit: paste }, field("token", "password", "off"), h("button", {}, t("use_token"))),
  );
  place.hidden = false;
}

/** Let somebody choose one of their events, unless the address names one: #event=7. Calls `then(id)`. */
export async function chooseEvent(then, refused) {
  const named = /#event=([\w-]+)/.exec(location.hash)?.[1];
  if (named) return then(named);
  const place = byId("account");
  try {
    const events = await ownEvents();
    if (events.length === 1) return then(events[0].id);
    const choose = h("select", { id: "choose" }, h("option", { value: "" }, t("choose_event")));
    for (const { id, attributes } of events) choose.append(h("option", { value: id }, attributes.name));
    choose.addEventListener("change", () => {
      history.replaceState(null, "", `#event=${choose.value}`);
      place.hidden = true;
      then(choose.value);
    });
    place.replaceChildren(h("label", { for: "choose" }, t("event")), events.length ? choose : h("p", {}, t("no_events")));
    place.hidden = false;
  } catch (failure) {
    refused(failure);
  }
}

async function ownEvents() {
  const me = JSON.parse(atob(token().split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).identity;
  const query = "fields[event]=name&sort=-starts-at&page[size]=100";
  return (await content(await askAs(`/v1/users/${me}/events?${query}`))).data;
}
