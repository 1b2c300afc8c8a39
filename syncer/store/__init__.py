"""The state: its tables and all queries on them, one file a subject."""
