"""The examples of `docs/conflicts.md`, played: two apps hold values that differ, and the merge chooses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from conflicts.candidate import Candidate
from mappings.load import load
from syncer.core.decide import decide
from syncer.core.lens import Lens, NoRefs
from syncer.core.plan import Abilities
from syncer.model import Golden, Link, Observation, Unit

APPS = ("hubspot", "zendesk")


def played(text: str, folder: Path) -> tuple[str, str]:
    """(who wins, who the example says wins): an app, `both`, or `a person`."""
    said = YAML(typ="safe").load(text)
    path = folder / "mapping.yaml"
    places = dict.fromkeys(APPS, "x")
    fields = {"x": {**said["field"], "in": places}, "country": {"type": "text", "in": {"hubspot": "c"}}}
    mapping = {"object": "contact", "apps": {app: {"object": "people"} for app in APPS}, "fields": fields}
    with path.open("w") as file:
        YAML(typ="safe").dump(mapping, file)
    links = [Link(app, "1", "g") for app in APPS]
    observed = {(app, "1"): _observation(app, said[app], said.get("golden", {})) for app in APPS}
    unit = Unit(Golden("g"), links, observed)
    golden = decide(unit, Lens(load(path, None), NoRefs()), Abilities(), "r").unit.golden
    if "x" in golden.held:
        return "a person", said["winner"]
    held = [app for app in APPS if golden.value["x"] == said[app]["value"]]
    return held[0] if held else "both", said["winner"]


def _observation(app: str, said: Mapping[str, Any], golden: Mapping[str, Any]) -> Observation:
    time = datetime.fromisoformat(f"2030-01-01T{said['set']}").replace(tzinfo=UTC)
    stamps = {"x": time} if said.get("dated_by") == "field" else {}
    values = {"x": said["value"], **({"c": golden["country"]} if app == "hubspot" and golden else {})}
    return Observation(app, "1", values, datetime(2030, 1, 1, 12, tzinfo=UTC), time, stamps)


def shortest(candidates: list[Candidate], order: tuple[str, ...]) -> Candidate | None:
    """The value with the fewest characters; the app named first among equals."""
    return min(candidates, key=lambda c: (len(str(c.value or "")), order.index(c.app)))
