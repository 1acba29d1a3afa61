// The token for requests. It is kept in this tab only.

import { announce, byId, copyButton, h } from "./elements.js";

const KEY = "token";
const waiting = new Set();

export const token = () => sessionStorage.getItem(KEY) ?? "";

/** Call this now and on each sign-in or sign-out, as long as the element is on the page. */
export function whenTokenChanges(tell, element) {
  waiting.add({ tell, element });
  tell();
}

function keep(value, said) {
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
  for (const one of waiting) {
    if (one.element.isConnected) one.tell();
    else waiting.delete(one);
  }
  announce(said);
}

/** Wire up the button in the header and the dialog that it opens. */
export function tokenDialog(known) {
  const dialog = byId("sign-in");
  const button = byId("token-button");
  const refusal = byId("sign-in-refusal");
  const [credentials, pasted] = [byId("credentials"), byId("pasted")];

  button.addEventListener("click", () => {
    refusal.textContent = "";
    dialog.showModal();
  });
  byId("sign-in-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  byId("forget").before(copyButton("Copy for the shell", () => `TOKEN='${token()}'`));
  byId("forget").addEventListener("click", () => {
    keep("", "Signed out");
    dialog.close();
  });
  credentials.addEventListener("submit", async (event) => {
    event.preventDefault();
    refusal.textContent = "";
    const { email, password } = credentials.elements;
    try {
      keep(await signedIn(known.prefix, email.value, password.value), "Signed in");
      credentials.reset();
      dialog.close();
    } catch (failure) {
      refusal.textContent = failure.message;
    }
  });
  pasted.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = pasted.elements.token.value.trim().replace(/^(JWT|Bearer)\s+/i, "");
    if (value) keep(value, "The token is used from now on");
    pasted.reset();
    dialog.close();
  });
  whenTokenChanges(() => {
    button.textContent = token() ? "Signed in" : "Sign in";
    button.classList.toggle("on", Boolean(token()));
    byId("signed-in").hidden = !token();
  }, button);
}

async function signedIn(prefix, email, password) {
  const answer = await fetch(`${prefix}/v1/auth/login`, {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.errors?.[0]?.detail ?? `The server answers ${answer.status}.`);
  return content.access_token;
}
