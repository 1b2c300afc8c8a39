"""The way in: what apps show becomes observations, whoever asked for it."""
