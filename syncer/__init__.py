"""syncer keeps customer data in step between apps: both ways, planned, bounded, explained."""

__version__ = "0.1.0"
