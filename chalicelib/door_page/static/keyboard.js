// Hardware scanners: they type a code like a keyboard, faster than anybody, and press Enter.

const FASTEST = 60; // milliseconds between two keys; people take longer
const SHORTEST = 6; // characters

/** Call `found(text)` for each code that is typed by a scanner while no field has the focus. */
export function listenToScanner(found) {
  let [text, last] = ["", 0];
  const keydown = (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || isField(event.target)) return;
    const quick = event.timeStamp - last < FASTEST;
    if (event.key === "Enter") {
      const code = quick ? text : "";
      text = "";
      if (code.length < SHORTEST) return;
      // Else it would press the button that has the focus.
      event.preventDefault();
      event.stopPropagation();
      found(code);
    } else if (event.key.length === 1) {
      text = quick ? text + event.key : event.key;
      last = event.timeStamp;
      // A button is pressed by a space, and a list is searched by letters.
      if (quick) event.preventDefault();
    }
  };
  document.addEventListener("keydown", keydown, true);
}

function isField(element) {
  return element.matches?.("textarea, select, input:not([type=radio], [type=checkbox], [type=button])") ?? false;
}
