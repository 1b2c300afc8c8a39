"""Conflicts: how rules choose between apps that disagree, and the log of what they chose."""
