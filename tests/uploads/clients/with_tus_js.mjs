// Upload a file with tus-js-client, or go on with it: endpoint, token, file, where uploads are noted.

import { createReadStream } from "node:fs";
import { FileUrlStorage, Upload } from "tus-js-client";

const [endpoint, token, path, notes] = process.argv.slice(2);

const upload = new Upload(createReadStream(path), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: "film.mp4", filetype: "video/mp4" },
  retryDelays: Array(20).fill(200),
  urlStorage: new FileUrlStorage(notes),
  uploadDataDuringCreation: true,
  onError: (error) => {
    console.error(error);
    process.exit(1);
  },
  onSuccess: () => console.log(upload.url),
});
const [previous] = await upload.findPreviousUploads();
if (previous) upload.resumeFromPreviousUpload(previous);
upload.start();
