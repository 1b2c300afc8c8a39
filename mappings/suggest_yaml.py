"""A proposal as a mapping file, with how sure each field is and what was left out as remarks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mappings.published import line
from mappings.suggest import Proposal, Suggested

SHOWN = 40  # fields left out that the remarks name


def as_yaml(proposal: Proposal, create_when: Mapping[str, str]) -> str:
    """The text of a mapping file. `create_when`: app -> who may be created there."""
    names = {one.name for one in proposal.fields}
    keys = ("email", "domain", "phone")  # the first is a person's or company's own
    exact = [one.name for key in keys for one in proposal.fields if one.type == key]
    parts = {"first_name", "last_name"} <= names
    called = ["first_name", "last_name"] if parts else ["name"] if "name" in names else []
    lines = [
        line("mapping", "../schemas").rstrip(),
        "# A proposal. The number behind a field says how sure it is; 1 is certain. Look it over, then:",
        "#   syncer mapping check --live FILE",
        "",
        f"object: {proposal.object}",
        "",
        "apps:",
        *(_app(app, object, create_when.get(app, "")) for app, object in proposal.apps.items()),
        "",
        *(["match:", f"  exact: [{', '.join(exact)}]", f"  names: [{', '.join(called)}]"] if exact else []),
        "",
        "rule: newest",
        "on_delete: keep",
        "",
        "fields:",
        *(text for one in proposal.fields for text in _field(one)),
    ]
    if proposal.left_out:
        lines += ["", "# Left out:"]
        lines += [f"#   {app} {name}: {why}" for app, name, why in proposal.left_out[:SHOWN]]
        if len(proposal.left_out) > SHOWN:
            lines.append(f"#   and {len(proposal.left_out) - SHOWN} more; --json names all.")
    return "\n".join(lines) + "\n"


def _app(app: str, object: str, create_when: str) -> str:
    condition = f', create_when: "{create_when}"' if create_when else ""
    return f"  {app}: {{object: {object}{condition}}}"


def _field(one: Suggested) -> list[str]:
    places = ", ".join(f"{app}: {_place(place)}" for app, place in one.places.items())
    extra = [f"    {key}: {value}" for key, value in one.extra.items()]
    return [
        f"  {one.name}:  # {one.confidence:.2f}: {one.why}",
        f"    type: {one.type}",
        *extra,
        f"    in: {{{places}}}",
    ]


def _place(place: str) -> str:
    """A name of an app's field as YAML takes it; a group is written already."""
    return place if place.startswith("{") or re.fullmatch(r"[A-Za-z_][\w.]*", place) else f'"{place}"'
