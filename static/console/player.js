// The player: what it plays, and jumps to moments.

import { url } from "./api.js";
import { byId, el, say } from "./dom.js";

const media = byId("media");
const controls = byId("player");
const note = byId("player-note");

/** Plays `video` once the server has a copy that browsers can play; asks again until then. */
export async function openPlayer(video) {
  controls.classList.toggle("sound", !video.media.video);
  const picture = video.media.video;
  if (picture) controls.style.aspectRatio = `${picture.width} / ${picture.height}`;
  const address = url(`/videos/${video.id}/media`);
  try {
    // Asking for one byte shows whether there is a file, without fetching it; so does being sent
    // to a bucket for it, where only the player may go.
    const response = await fetch(address, { headers: { Range: "bytes=0-0" }, redirect: "manual" });
    if (response.status === 202) {
      say(note, "Browsers cannot play this file as it is. A copy that they can play is being made…");
      const wait = Number(response.headers.get("Retry-After")) || 3;
      setTimeout(openPlayer, wait * 1000, video);
    } else if (response.ok || response.type === "opaqueredirect") {
      say(note, "");
      controls.hidden = false;
      media.src = address;
    } else {
      const { detail } = await response.json().catch(() => ({}));
      say(note, detail ?? "There is nothing to play.");
    }
  } catch {
    say(note, "The server cannot be reached. Reload the page to try again.");
  }
}

media.addEventListener("error", () => {
  say(note, "Your browser cannot play this file. What was found in it is below.");
  controls.hidden = true;
});

/** Says why there is nothing to play yet. */
export const noPlayer = (words) => say(note, words);

/** Shows `address` while nothing plays. */
export function setPoster(address) {
  if (media.getAttribute("poster") !== address) media.poster = address;
}

/** Adds a text track once: captions, chapters, or the pictures shown above the seek bar. */
export function addTrack(kind, label, address, language) {
  const known = [...media.querySelectorAll("track")].find((track) => track.kind === kind);
  if (known?.getAttribute("src") === address) return;
  known?.remove();
  const track = el("track", { kind, label, src: address, srclang: language ?? "" });
  // Browsers load a track that they do not show only if it is the default one of its kind.
  track.default = kind !== "captions";
  if (kind === "captions") track.addEventListener("load", () => raise(track.track));
  media.append(track);
}

const BAR_PX = 48;
// Browsers set captions in 5 % of the picture's height, plus leading.
const LINE_SHARE = 0.0533;

/** Lifts captions above the control bar: as many lines as are as high as it. */
function raise(track) {
  const lines = Math.round(BAR_PX / (LINE_SHARE * Math.max(media.clientHeight, 180)));
  for (const cue of track.cues) cue.line = -lines - cue.text.split("\n").length;
}

/** Jumps to `ms`; before anything is loaded, once it is. */
export function seek(ms, { play = false } = {}) {
  const jump = () => {
    media.currentTime = ms / 1000;
    if (play) media.scrollIntoView({ block: "nearest" }); // what plays must be in sight
    if (play) media.play().catch(() => {}); // a browser may refuse to start by itself
  };
  if (media.readyState) jump();
  else media.addEventListener("loadedmetadata", jump, { once: true });
}

/** Calls `tell(ms)` as the position moves. */
export function onMove(tell) {
  const report = () => tell(Math.round(media.currentTime * 1000));
  for (const name of ["timeupdate", "seeking", "loadedmetadata"]) {
    media.addEventListener(name, report);
  }
}

/** The moment that the address names: `#t=12.3` is 12 300 ms; else null. */
export function momentInAddress() {
  const seconds = location.hash.match(/^#t=(\d+(?:\.\d+)?)$/)?.[1];
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}
