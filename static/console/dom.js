// Building pages without markup: titles and texts come from uploads and stay text.

/** Makes an element; `props` are properties where it has them, else attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name in node) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** The words of HTML with `<mark>` as nodes; whatever else it may hold comes out as plain text. */
export function marked(html) {
  const { childNodes } = new DOMParser().parseFromString(html, "text/html").body;
  return [...childNodes].map(({ nodeName, textContent }) =>
    nodeName === "MARK" ? el("mark", {}, textContent) : textContent,
  );
}

/** Shows `text` in `node`, or hides it where there is none. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
}

/** Returns what to show of a sentence in which commands stand between backticks. */
export function prose(text) {
  return text.split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));
}

/**
 * Calls `work` now and again `wait()` ms after each end, null: no more; rests while the page is
 * hidden. Returns a function that calls it at once.
 */
export function poll(work, wait) {
  let timer = null;
  let running = null;
  async function tick() {
    clearTimeout(timer);
    running ??= work().finally(() => (running = null));
    await running;
    clearTimeout(timer);
    const pause = wait();
    if (pause !== null && !document.hidden) timer = setTimeout(tick, pause);
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && wait() !== null) tick();
  });
  tick();
  return tick;
}
