"""A transcript that is brought, in place of what is heard."""
