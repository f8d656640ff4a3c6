"""`/videos`: upload, list, change, delete, retry."""
