"""Embedded PostgreSQL as a Django database backend: the default where `DATABASE_URL` is unset."""
