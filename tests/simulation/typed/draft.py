"""A mapping as somebody writes it, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import ObjectSpec
from mappings.load import load
from mappings.model import ObjectMapping

EMAIL_FIRST = "match: {exact: [email], fuzzy: false}\nrule: newest\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One field. `said`: key -> what is said of it; `places`: app -> its place there, as YAML."""

    said: Mapping[str, str]
    places: Mapping[str, str]

    @property
    def text(self) -> str:
        where = ", ".join(f"{app}: {place}" for app, place in self.places.items())
        return ", ".join((*_pairs(self.said), f"in: {{{where}}}"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole mapping. `apps`: app -> what is said of it as a whole; `head`: the lines after these."""

    apps: Mapping[str, Mapping[str, str]]
    lines: Mapping[str, Line]
    object: str = "contact"
    head: str = field(default=EMAIL_FIRST, repr=False)

    @property
    def text(self) -> str:
        apps = "".join(f"  {app}: {{{', '.join(_pairs(said))}}}\n" for app, said in self.apps.items())
        fields = "".join(f"  {name}: {{{line.text}}}\n" for name, line in self.lines.items())
        return f"object: {self.object}\napps:\n{apps}{self.head}fields:\n{fields}"

    def load(self, specs: Mapping[str, ObjectSpec]) -> ObjectMapping:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "mapping.yaml"
            file.write_text(self.text)
            return load(file, {app: specs[app].fields for app in self.apps})


def _pairs(said: Mapping[str, str]) -> list[str]:
    return [f"{key}: {what}" for key, what in said.items()]


def keys(said: list[str]) -> dict[str, str]:
    """``key: what`` lines as a mapping; of two with one key the later one stands."""
    return {key: what for key, _, what in (line.partition(": ") for line in said if line)}
