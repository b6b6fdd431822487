"""Who did what: rows that are only ever added, each with the hash of the one before it."""
