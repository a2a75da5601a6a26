"""The store of finished runs: one SQLite file, whatever becomes of it."""
