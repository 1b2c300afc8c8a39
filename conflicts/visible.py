"""What a terminal obeys in place of showing it: cleared screens, colours, lines that run backwards. A value
may hold it, since anybody can type into a form; where people read values it is written out."""

from __future__ import annotations

from typing import Final

_NAMED: Final = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_OBEYED: Final = {
    **{n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160))},
    **{n: f"\\u{n:04x}" for n in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    **_NAMED,
}
_BESIDE_LINES: Final = {n: told for n, told in _OBEYED.items() if n not in (ord("\n"), ord("\t"))}


def visible(text: str, lines: bool = False) -> str:
    """The text with nothing in it that is obeyed. `lines`: it is more than a value, and keeps its ends of
    lines and its tabs."""
    return text.translate(_BESIDE_LINES if lines else _OBEYED)
