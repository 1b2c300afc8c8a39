"""A run from beginning to end: what it is about, what is exported and cut after it."""
