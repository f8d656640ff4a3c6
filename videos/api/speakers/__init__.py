"""Who speaks in a video, and whose voice it is."""
