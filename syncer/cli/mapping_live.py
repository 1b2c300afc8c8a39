"""`syncer mapping suggest` and `syncer mapping try`: the apps' own fields and records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, loaded
from syncer.model import BLANK

if TYPE_CHECKING:
    from mappings.suggest import Proposal
    from syncer.usecases.mapping_try import Shown, Tried


def suggest(
    object: Annotated[str, typer.Argument(metavar="OBJECT", help="Your name of it: contact, company.")],
    apps: Annotated[
        list[str],
        typer.Argument(metavar="APP APP...", help="Apps of the config; app:object names its object."),
    ],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Propose a mapping from the fields, labels, choices and values that the apps have now."""
    known = loaded(config)
    from syncer.usecases.mapping_sources import looking, propose, source

    wanted = dict(_parted(known.apps, text, object) for text in apps)
    if len(wanted) < 2:
        raise typer.BadParameter("name two apps or more: a mapping is between them")
    with looking(known) as wiring:
        proposal, text = propose(object, {app: source(wiring, app, name) for app, name in wanted.items()})
    if not proposal.fields:
        say("No field of these apps is surely the same thing; nothing can be proposed.")
        raise leave(Code.FAILED)
    if as_json:
        give(suggested(proposal, text))
    else:
        tell(text.rstrip())


def _parted(known: Any, text: str, object: str) -> tuple[str, str]:
    from mappings.spelling import nearest

    app, _, name = text.partition(":")
    if app not in known:
        raise typer.BadParameter(f"the config has no app '{app}'. {nearest(app, known, 'Its apps: {}.')}")
    return app, name or object


def suggested(proposal: Proposal, text: str) -> dict[str, Any]:
    """The documented keys of `mapping suggest --json`."""
    return {
        "object": proposal.object,
        "apps": dict(proposal.apps),
        "mapping": text,
        "fields": [
            {
                "field": one.name,
                "type": one.type,
                "in": one.places,
                "confidence": round(one.confidence, 2),
                "why": one.why,
            }
            for one in proposal.fields
        ],
        "left_out": [{"app": app, "field": name, "why": why} for app, name, why in proposal.left_out],
    }


def try_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A mapping file.")],
    sample: Annotated[int, typer.Option(min=1, max=1000, help="How many records of each app.")] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Put real records through a mapping and show them before and after, app by app. Nothing is written."""
    known = loaded(config)
    from mappings.load import read
    from syncer.usecases.mapping_sources import looking
    from syncer.usecases.mapping_try import try_out

    draft = read(file)
    with looking(known) as wiring:
        tried = try_out(wiring, draft, sample)
    if as_json:
        give([as_object(one) for one in tried])
    else:
        show(tried)


def as_object(one: Tried) -> dict[str, Any]:
    """The documented keys of `mapping try --json`, for one record."""
    return {
        "app": one.app,
        "record": one.record,
        "in_scope": one.in_scope,
        "fields": [
            {
                "field": f.field,
                "app_field": f.slot,
                "before": f.before,
                "golden": f.golden,
                "after": f.after,
                "problem": f.problem or None,
            }
            for f in one.fields
        ],
    }


def show(tried: list[Tried]) -> None:
    for one in tried:
        rows = [(f.field, value(f.before), _middle(f), _after(f)) for f in one.fields if _telling(f)]
        if rows:
            outside = "" if one.in_scope else "  (takes no part: outside 'only')"
            title = f"{one.app} {one.record}{outside}"
            table(("field", f"in {one.app}", "golden", "shown as"), rows, title)
            tell()
    unread = sum(bool(f.problem) for one in tried for f in one.fields)
    tell(f"{len(tried)} records were read, {unread} values could not be. Nothing was written.")


def _telling(f: Shown) -> bool:
    return bool(f.problem) or f.before not in BLANK


def _middle(f: Shown) -> str:
    return f"cannot be read: {f.problem}" if f.problem else value(f.golden)


def _after(f: Shown) -> str:
    """Apps that show the same are named together."""
    by_value: dict[str, list[str]] = {}
    for app, shown in f.after.items():
        by_value.setdefault(value(shown), []).append(app)
    return "; ".join(f"{', '.join(apps)}: {text}" for text, apps in by_value.items())
