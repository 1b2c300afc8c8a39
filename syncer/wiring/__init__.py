"""From a checked config to syncs that are ready to run; what is known follows a mapping that changed."""
