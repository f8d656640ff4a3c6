"""Which other videos show the same."""
