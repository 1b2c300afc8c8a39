"""The state: tables, and the only queries on them."""
