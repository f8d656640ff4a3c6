"""What this server is made of, and whether it works."""
