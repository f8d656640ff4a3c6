// Values in words.

/** 61 500 ms as "1:01". */
export function clock(ms) {
  const total = Math.floor(ms / 1000);
  const [hours, minutes, seconds] = [total / 3600, (total / 60) % 60, total % 60].map(Math.floor);
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** How long something took: "0.3 s", "42 s", "2 min 5 s". */
export function took(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

export const when = (iso) =>
  new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const percent = (share) => `${Math.floor(share * 100)} %`;

/** "sample_frames" as "Sample frames". */
export const words = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

/** The language of a code, in English. */
export function language(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

const STATUS = {
  UPLOADED: () => "Waiting to start",
  PROCESSING: (video) => `Analysing, ${percent(video.progress)}`,
  COMPLETED: () => "Done",
  FAILED: () => "Failed",
  CANCELLED: () => "Cancelled",
};

export const status = (video) => STATUS[video.status]?.(video) ?? video.status;

export const isActive = (video) => video.status === "UPLOADED" || video.status === "PROCESSING";
