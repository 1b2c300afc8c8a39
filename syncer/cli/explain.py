"""`syncer explain` and `syncer history`: where values came from, and what happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_explained, in_rows
from syncer.cli.codes import Code, leave
from syncer.cli.meant import Meant
from syncer.cli.names import WHO, names_of
from syncer.cli.output import give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running

if TYPE_CHECKING:
    from conflicts.candidate import Candidate
    from syncer.running.runner import Runner
    from syncer.sync import Sync
    from syncer.usecases.explaining import Explained, Place, Told, Unlinked
    from syncer.usecases.timeline import Event

Who = Annotated[str, typer.Argument(metavar="WHO", help=WHO, show_default=False)]


def explain(
    who: Who,
    field: Annotated[
        str | None, typer.Argument(metavar="FIELD", help="Only this field of the mapping.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Say of every value where it came from, and of what was not done why."""
    from syncer.usecases.explaining import Explainer

    with running(config) as runner:
        found: list[Explained] = []
        loose: list[Unlinked] = []
        having = {sync.name for sync in syncs(runner, field)}
        meant = Meant(names_of(who), runner, list(syncs(runner, None)))
        for sync, keys in meant.keys:
            if sync.name not in having:
                continue
            people, others = Explainer(sync, runner.db).records_of(keys, field)
            found += people
            loose += others
        meant.told()
        if not any(sync.name in having for sync, _ in meant.keys):
            there = " and ".join(sync.name for sync, _ in meant.keys)
            say(f"The mapping of {there} has no field '{field}'; that of {' and '.join(sorted(having))} has.")
            raise leave(Code.FAILED)
        told = [] if as_json else in_explained(runner.config, runner.db, found)
    if as_json:
        give([as_object(one) for one in found] + [unlinked_object(one) for one in loose])
        raise leave(meant.code)
    for number, one in enumerate(told):
        if number:
            tell()
        _show(one, config)
    for other in loose:
        tell(f"{other.app}:{other.record} ({other.object}) has no golden record: {other.because}.")
    raise leave(meant.code)


def history(who: Who, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Tell what happened to one person or company, oldest first."""
    from syncer.usecases.timeline import timeline

    with running(config) as runner:
        meant = Meant(names_of(who), runner, list(syncs(runner, None)))
        happened = [(sync.name, timeline(sync, runner.db, keys)) for sync, keys in meant.keys]
        if not as_json:
            happened = [(name, _by_name(runner, name, events)) for name, events in happened]
        meant.told()
    events = [event for _, some in happened for event in some]
    events.sort(key=lambda e: e.order)
    if as_json:
        give([event.as_json() for event in events])
    else:
        _show_events(events)
    raise leave(meant.code)


def syncs(runner: Runner, field: str | None) -> Iterator[Sync]:
    """All syncs that can be wired and have the field; what stops one does not stop the next."""
    from mappings.spelling import nearest

    drafts = {
        name: [field for said in sync.draft.fields.values() for field in said.names]
        for name, sync in runner.config.syncs.items()
    }
    known = [name for fields in drafts.values() for name in fields]
    if field is not None and field not in known:
        raise typer.BadParameter(f"no mapping has a field '{field}'. {nearest(field, known, 'Fields: {}.')}")
    for name, fields in drafts.items():
        if field is None or field in fields:
            yield runner.wiring.sync(name)


# -- explain ----------------------------------------------------------------------------------------------


def as_object(one: Explained) -> dict[str, Any]:
    """The documented keys of `explain --json`."""
    return {
        "sync": one.sync,
        "object": one.object,
        "who": one.golden,
        "records": [{"app": app, "record": id, "state": state} for app, id, state in one.records],
        "fields": [_field_object(told) for told in one.fields],
        "absent": [{"app": app, "because": why} for app, why in one.absent],
        "waits": list(one.waits),
    }


def _field_object(told: Told) -> dict[str, Any]:
    from syncer.store.codec import iso

    source = told.source
    return {
        "field": told.field,
        "value": told.value,
        "app": (source.app or None) if source else None,
        "record": (source.record or None) if source else None,
        "time": iso(source.time) if source else None,
        "rule": source.rule if source else None,
        "run": source.run if source else None,
        "because": told.because,
        "beat": [_candidate(c) for c in told.beat],
        "held": [_candidate(c) for c in told.held],
        "apps": [_place(place) for place in told.places],
    }


def _candidate(c: Candidate) -> dict[str, Any]:
    from syncer.store.codec import iso

    return {"app": c.app, "record": c.record, "value": c.value, "time": iso(c.time)}


def _place(place: Place) -> dict[str, Any]:
    return {
        "app": place.app,
        "record": place.record,
        "field": place.slot,
        "value": place.standing.seen,
        "standing": place.standing.code,
        "because": place.standing.words,
    }


def unlinked_object(one: Unlinked) -> dict[str, Any]:
    """The same for a record that has no golden record."""
    return {
        "sync": one.sync,
        "object": one.object,
        "who": None,
        "records": [{"app": one.app, "record": one.record, "state": "unlinked"}],
        "fields": [],
        "absent": [],
        "waits": [one.because],
    }


def _show(one: Explained, config: Path) -> None:
    tell(f"{one.object} {one.golden}  ({one.sync})")
    there = {app for app, _, state in one.records if state == "live"}
    states = {"live": "", "out": " (outside the filter)", "gone": " (archived or deleted there)"}
    merged = " (merged, archived or deleted there)"  # a merge leaves another one there
    tell(
        "  "
        + ", ".join(
            f"{app}:{id}{merged if state == 'gone' and app in there else states.get(state, '')}"
            for app, id, state in one.records
        )
    )
    for app, why in one.absent:
        tell(f"  no record in {app}: {why}")
    for what in one.waits:
        tell(f"  waits: {what}")
    for told in one.fields:
        tell()
        _show_field(told)
    tell(f"\nWhat happened, run by run: {hint(f'history {one.golden}', config)}")


def _show_field(told: Told) -> None:
    unset = "(not chosen yet)" if told.held else "(never set)"
    tell(f"{told.field}: {value(told.value) if told.is_set else unset}")
    source = told.source
    if source is None:
        tell(f"    {told.because}")
    else:
        origin = f"from {source.app}:{source.record}" if source.app else "typed by a person"
        tell(f"    {origin}, {_minute(source.time.isoformat())}, run {source.run}")
        tell(f"    {told.because} ({source.rule})")
    for c in told.beat:
        tell(f"    chosen over {value(c.value)} from {c.app}:{c.record}, {_minute(c.time.isoformat())}")
    for c in told.held:
        tell(f"    waits for you: {value(c.value)} from {c.app}:{c.record}")
    for place in told.places:
        code = place.standing.code
        if code != "in_step" and (code != "no_value" or place.shows):
            tell(f"    {place.app} holds {value(place.standing.seen)}: {place.standing.words}")


# -- history ----------------------------------------------------------------------------------------------


def _by_name(runner: Runner, sync: str, events: list[Event]) -> list[Event]:
    from syncer.usecases.referents import Spot

    def spot(event: Event) -> Spot:
        return Spot(sync, event.field or "", (event.app or "") if event.is_sent else "")

    return in_rows(runner.config, runner.db, events, spot, "before", "after")


def _show_events(events: list[Event]) -> None:
    rows = []
    for event in events:
        what = f"{event.what} {event.app or ''}".strip()
        change = (
            value(event.after) if event.before is None else f"{value(event.before)} -> {value(event.after)}"
        )
        rows.append((_minute(event.time), event.run, what, event.field or "", change, event.because))
    table(("when (UTC)", "run", "what", "field", "value", "why"), rows)


def _minute(time: str) -> str:
    return time[:19].replace("T", " ")
