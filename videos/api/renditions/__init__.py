"""Files that are made of a video on request."""
