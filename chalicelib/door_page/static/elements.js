// DOM elements. Text is always text: nothing is parsed as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with attributes (on... are listeners) and children. */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A button that asks for a second press within five seconds, with another text. */
export function onSecondPress(button, warning, act) {
  let until = 0;
  button.addEventListener("click", () => {
    if (Date.now() < until) {
      until = 0;
      warning("");
      act();
    } else {
      until = Date.now() + 5000;
      warning(button);
    }
  });
}

/** The address before /v1, without a slash at its end. */
export const API = new URL("..", import.meta.url).href.replace(/\/$/, "");

/** Let the pages open without network. Where the browser cannot, they work with it. */
export async function keepFiles() {
  if (!("serviceWorker" in navigator)) return;
  const address = new URL("worker.js", import.meta.url).pathname;
  const policy = window.trustedTypes?.createPolicy("door", { createScriptURL: () => address });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL(address) ?? address, {
      scope: address.replace(/\/worker\.js$/, ""),
      updateViaCache: "none",
    });
  } catch (failure) {
    console.info("The pages are not kept for use without network:", failure.message);
  }
}
