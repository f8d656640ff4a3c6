// One video: its player, what was found in it, and how its analysis goes.

import { call, url } from "./api.js";
import { onImport, showImport } from "./bringing.js";
import { byId, el, poll, say } from "./dom.js";
import {
  chapters, duplicates, faces, nameCues, nudity, objects, shots, sounds, speakers, summary, texts, transcript,
} from "./findings.js";
import { clock, isActive, language, size, status, took, when } from "./format.js";
import * as player from "./player.js";
import { showStages, whyNothing } from "./stages.js";
import { entities, keywords } from "./terms.js";
import { showVoices } from "./voices.js";

const { id } = byId("video").dataset;
const problem = byId("problem");
const lists = [
  [transcript, "read_subtitles", "transcribe"],
  [summary, "summarise"],
  [chapters, "split_chapters"],
  [keywords, "find_keywords"],
  [entities, "find_entities"],
  [shots, "detect_shots"],
  [texts, "read_text"],
  [objects, "find_objects"],
  [faces, "find_faces"],
  [nudity, "screen_nudity"],
  [sounds, "hear_events"],
  [speakers, "split_speakers"],
  [duplicates, "sign_shots"],
];
let video = null;
let gone = false;
let playing = false;
let ended = null;

async function load() {
  try {
    video = await call(`/videos/${id}`);
    say(problem, "");
    show();
    await loadFindings();
  } catch (error) {
    gone = error.status === 404; // deleted elsewhere
    say(problem, error.message);
  }
}

function show() {
  byId("title").textContent = video.title;
  byId("facts").replaceChildren(...facts());
  byId("retry").hidden = !["FAILED", "CANCELLED"].includes(video.status);
  byId("cancel").hidden = !isActive(video);
  say(byId("state"), state());
  byId("overall").hidden = !isActive(video);
  byId("overall").value = video.progress;
  showStages(video.stages);
  if (video.links.poster) player.setPoster(url(`/videos/${id}/poster.jpg`));
  if (video.media && !playing) {
    playing = true;
    player.openPlayer(video);
  } else if (!video.media) {
    player.noPlayer(isActive(video) ? arriving() : "There is nothing to play.");
  }
  if (video.links.storyboard_vtt) {
    player.addTrack("metadata", "thumbnails", url(`/videos/${id}/storyboard.vtt`));
  }
}

function arriving() {
  return video.size_bytes === null ? "Fetching the file…" : "Looking at the file…";
}

function state() {
  if (video.status === "FAILED") return `The analysis failed. ${video.status_reason?.message ?? ""}`;
  return video.status === "CANCELLED" ? "The analysis was cancelled." : "";
}

function facts() {
  const picture = video.media?.video;
  const given = [
    isActive(video) && video.eta_s && `about ${took(video.eta_s * 1000)} left`,
    video.media && clock(video.media.duration_ms),
    picture && `${picture.width} × ${picture.height}`,
    picture?.codec ?? video.media?.audio[0]?.codec,
    video.media && !picture && "sound only",
    video.language && language(video.language),
    video.size_bytes && size(video.size_bytes),
    `${video.profile} profile`,
    when(video.created_at),
  ];
  const chip = el("span", { className: `status ${video.status}` }, status(video));
  return [chip, ...given.filter(Boolean).map((fact) => el("span", {}, fact))];
}

/** Which of the stages that can make a list makes this video's. */
function maker(stages) {
  return stages.find((name) => video.stages.some((stage) => stage.name === name)) ?? stages[0];
}

/** Loads the lists again whenever a stage has ended since. */
async function loadFindings() {
  const now = JSON.stringify(video.stages.map(({ name, status, finished_at }) => [name, status, finished_at]));
  if (now === ended) return;
  ended = now;
  const answers = await Promise.all(
    lists.map(([list, ...stages]) => list.load(id, { pending: whyNothing(video, maker(stages)) })),
  );
  const [spoken, , parts] = answers;
  showImport(video, spoken?.imported);
  byId("downloads").hidden = !spoken?.cues.length;
  if (spoken?.cues.length) {
    const name = language(spoken.language);
    // What was transcribed anew, or imported, has new ids: another address is loaded again.
    const captions = url(`/videos/${id}/transcript.vtt?of=${spoken.cues[0].id}`);
    player.addTrack("captions", name, captions, spoken.language);
  }
  const voices = answers[lists.findIndex(([list]) => list === speakers)];
  if (voices) {
    nameCues(voices.speakers);
    showVoices(id, voices.speakers, async () => nameCues((await speakers.load(id, {}))?.speakers ?? []));
  }
  if (parts?.chapters.length > 1) {
    player.addTrack("chapters", "Chapters", url(`/videos/${id}/chapters.vtt`));
  }
}

for (const link of byId("downloads").children) {
  link.href = url(`/videos/${id}/transcript.${link.dataset.format}`);
}

player.onMove((ms) => lists.forEach(([list]) => list.mark(ms)));

// Entries are links to #t=…: they can be copied, and a click plays from there.
byId("video").addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#t="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.hash);
  player.seek(player.momentInAddress(), { play: true });
});

function follow() {
  const ms = player.momentInAddress();
  if (ms !== null) player.seek(ms);
}
addEventListener("hashchange", follow);
follow();

const refresh = poll(load, () => (gone || (video && !isActive(video)) ? null : 1500));

onImport((now) => {
  video = now;
  show();
  refresh();
});

for (const action of ["retry", "cancel"]) {
  byId(action).addEventListener("click", async () => {
    byId(action).disabled = true;
    try {
      video = await call(`/videos/${id}/${action}`, { method: "POST" });
      playing &&= Boolean(video.media);
      show();
      refresh();
    } catch (error) {
      say(problem, error.message);
    }
    byId(action).disabled = false;
  });
}

const confirmation = byId("confirm");
byId("delete").addEventListener("click", () => {
  confirmation.returnValue = "";
  confirmation.showModal();
});
confirmation.addEventListener("close", async () => {
  if (confirmation.returnValue !== "delete") return;
  try {
    await call(`/videos/${id}`, { method: "DELETE" });
    location.assign("/");
  } catch (error) {
    say(problem, error.message);
  }
});
