"""The demo: three simulated apps, a first sync, a working day's edits, and what became of them."""
