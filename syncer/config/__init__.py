"""The config file and its environment: read, checked, and explained where it is wrong."""
