// The upload form.

import { call, upload } from "./api.js";
import { byId, say } from "./dom.js";
import { percent, size } from "./format.js";

const dialog = byId("upload");
const form = byId("upload-form");
const bar = byId("upload-progress");
const problem = byId("upload-error");
const limit = Number(form.dataset.limit);
let sending = null;

byId("upload-limit").textContent = size(limit);

byId("open-upload").addEventListener("click", () => dialog.showModal());
byId("upload-cancel").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => sending?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});

async function send() {
  const file = form.elements.file.files[0];
  const data = new FormData(form);
  say(problem, "");
  if (Boolean(file) === Boolean(data.get("source_url"))) {
    say(problem, file ? "Give a file or an address, not both." : "Choose a file, or give an address.");
    return;
  }
  data.delete(file ? "source_url" : "file");
  if (file?.size > limit) {
    say(problem, `The file has ${size(file.size)}; this server takes at most ${size(limit)}.`);
    return;
  }
  sending = new AbortController();
  setBusy(true);
  try {
    const id = file ? await sendFile(file, data) : await sendAddress(data);
    sending = null;
    location.assign(`/videos/${id}/`);
  } catch (error) {
    sending = null;
    setBusy(false);
    if (error.name !== "AbortError") say(problem, error.sentence ?? error.message);
  }
}

function sendFile(file, data) {
  data.delete("file");
  const filledIn = [...data].filter(([, value]) => value);
  return upload(file, Object.fromEntries(filledIn), {
    onProgress: showProgress,
    signal: sending.signal,
  });
}

async function sendAddress(data) {
  const video = await call("/videos", { method: "POST", body: data, signal: sending.signal });
  return video.id;
}

function setBusy(busy) {
  bar.hidden = !busy;
  byId("upload-start").disabled = busy;
  if (busy) showProgress(0);
}

function showProgress(share) {
  bar.firstElementChild.value = share;
  const words = share < 1 ? `${percent(share)} sent` : "Sent; the server is checking it.";
  say(byId("upload-state"), words);
}
