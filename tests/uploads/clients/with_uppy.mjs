// Upload a file with Uppy, or go on with it: endpoint, token, file, and where uploads are noted.

import { readFileSync } from "node:fs";
import Uppy from "@uppy/core";
import Tus from "@uppy/tus";
import { FileUrlStorage } from "tus-js-client";

const [endpoint, token, path, notes] = process.argv.slice(2);

const uppy = new Uppy().use(Tus, {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  retryDelays: Array(20).fill(200),
  urlStorage: new FileUrlStorage(notes), // a browser has its own
});
uppy.addFile({ name: "film.mp4", type: "video/mp4", data: readFileSync(path) });
const { successful, failed } = await uppy.upload();
for (const file of failed) console.error(file.error);
for (const file of successful) console.log(file.uploadURL);
process.exit(failed.length);
