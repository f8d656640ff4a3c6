"""`/videos/{id}/ask`."""
