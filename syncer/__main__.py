"""`python -m syncer`."""

from syncer.cli.main import run

run()
