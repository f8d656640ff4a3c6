"""The original, and the files made of it for people."""
