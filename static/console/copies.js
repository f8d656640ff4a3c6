// Copies to pass on: made when somebody asks, beside the analysis.

import { call, url } from "./api.js";
import { byId, el, poll, say } from "./dom.js";
import { percent, size, when } from "./format.js";

const { id } = byId("video").dataset;
const PATH = `/videos/${id}/renditions`;
const STATUS = {
  queued: ["QUEUED", "Queued"],
  running: ["RUNNING", "Running"],
  ready: ["SUCCEEDED", "Done"],
  failed: ["FAILED", "Failed"],
};
const problem = byId("copies-problem");
let copies = [];

const isOpen = ({ status }) => status === "queued" || status === "running";

async function load() {
  try {
    const { results } = await call(`${PATH}?page_size=200`);
    copies = results.filter(({ kind }) => kind === "redacted");
    byId("copies").hidden = !copies.length;
    byId("copies").replaceChildren(...copies.map(row));
  } catch (error) {
    say(problem, error.message);
  }
}

function row(copy) {
  const [className, status] = STATUS[copy.status];
  const { faces, muted } = copy.parameters;
  const hidden = [faces && "without faces", muted.length && "words not heard"].filter(Boolean);
  const name = `Copy ${hidden.join(", ")}, ${when(copy.created_at)}`;
  return el("li", {},
    el("span", { className: `status ${className}` }, status),
    copy.links.file
      ? el("a", { className: "name", href: url(`${PATH}/${copy.id}/file`), download: "" }, name)
      : el("span", { className: "name" }, name),
    el("span", { className: "aside" },
      copy.status === "running" ? percent(copy.progress) : copy.size_bytes ? size(copy.size_bytes) : "",
      " ",
      el("button", { className: "plain", onclick: () => act("DELETE", `${PATH}/${copy.id}`) }, "Delete")),
    copy.status === "running" ? el("progress", { max: 1, value: copy.progress, "aria-label": name }) : null,
    copy.reason ? el("p", { className: "reason" }, copy.reason.message) : null);
}

async function act(method, path, json) {
  say(problem, "");
  try {
    await call(path, { method, json });
  } catch (error) {
    say(problem, error.message);
  }
  await refresh();
}

const refresh = poll(load, () => (copies.some(isOpen) ? 1500 : null));

byId("redact").addEventListener("click", () => act("POST", PATH, { kind: "redacted" }));
