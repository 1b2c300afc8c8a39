"""Mappings: which fields of which apps are the same thing, read from YAML."""
