"""How the story is told: chapters and short paragraphs; panels on a terminal, plain text elsewhere."""

from __future__ import annotations

import sys
import textwrap

from syncer.cli.output import tell

WIDTH = 96


def chapter(title: str) -> None:
    """A heading."""
    tell()
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.panel import Panel
        from rich.text import Text

        Console().print(Panel(Text(title, style="bold"), border_style="cyan", width=WIDTH))
        return
    tell(title)
    tell("=" * len(title))


def scene(title: str) -> None:
    """A heading within a chapter."""
    tell()
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        Console().print(Text(title, style="bold cyan"), soft_wrap=True)
        return
    tell(f"* {title}")


def para(text: str) -> None:
    """A paragraph."""
    tell(textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False))
