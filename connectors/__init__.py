"""Connectors: each knows one app, and nothing of syncing."""
