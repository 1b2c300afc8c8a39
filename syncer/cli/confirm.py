"""What is shown first and done only when somebody says so: the two options, and the question."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

Plan = Annotated[bool, typer.Option("--plan", help="Only show what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def asks(yes: bool, as_json: bool) -> bool:
    """Whether somebody is asked: only a person at a terminal is."""
    return not (yes or as_json) and sys.stdin.isatty()


def agreed(yes: bool, as_json: bool, warning: str = "") -> bool:
    """Whether somebody said yes."""
    return typer.confirm(f"\n{warning}Do this?", err=True) if asks(yes, as_json) else yes
