"""What was found in a video: timeline, transcript, shots, texts, objects, faces, nudity."""
