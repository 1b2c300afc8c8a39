"""Is everything ready? Apps are asked who they are and what fields they have; the work is estimated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter
from typing import Any

from connectors import registry
from connectors.contract import (
    AppError,
    AuthRefused,
    Connector,
    FieldSpec,
    Kind,
    ObjectSpec,
    Unavailable,
    UnknownObject,
)
from mappings.document import ProblemsFound
from mappings.load import Lacking, bind, lacking
from mappings.model import ObjectMapping
from syncer.config.addresses import unknown_addresses
from syncer.config.files import Config
from syncer.store.database import Database
from syncer.store.records import Records
from syncer.wiring.connections import allowed
from syncer.wiring.regrouping import lost_in
from syncer.wiring.remapped import missed
from syncer.wiring.wire import Wiring

ASSUMED = 10_000  # records an app, where nothing was read yet
CREATED = UPDATED = 0.25  # shares of the records that a first sync typically makes and changes in an app


@dataclass(frozen=True, slots=True)
class AppState:
    """Whether an app could be asked, and whose account it is."""

    name: str
    account: str = ""
    error: str = ""
    latency: float = 0.2


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls and minutes of a first sync and of a poll without news, for one app in one sync."""

    sync: str
    app: str
    records: int
    assumed: bool
    first_calls: int
    first_minutes: float
    poll_calls: int
    poll_minutes: float


@dataclass(slots=True)
class Checked:
    """What was found. `problems` are mistakes in config or mapping, in words; `lost`: tags whose group an app
    has no more, each with the keys of `stopped` in `sync --json`, and its `sync`; `unmet`: apps in which
    nothing can be created by this mapping, in words."""

    apps: list[AppState] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lacking: tuple[Lacking, ...] = ()
    lost: list[dict[str, Any]] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)


def look(config: Config, db: Database, wiring: Wiring, records: int | None = None) -> Checked:
    """Ask every app. `records`: how many to estimate for, where not what is known."""
    found = Checked()
    found.problems += [*_missing_secrets(config), *map(str, unknown_addresses(config))]
    states = {name: _ask(wiring, name) for name in config.apps}
    found.apps = list(states.values())
    for name, said in config.syncs.items():
        specs: dict[str, ObjectSpec] = {}
        for app, object in said.draft.objects.items():
            if not states[app].error:
                try:
                    specs[app] = wiring.connector(app).describe(object)
                except UnknownObject as error:
                    found.problems.append(str(said.draft.no_object(app, error.known)))
                except AppError as error:
                    found.problems.append(f"{name}: {error}")
        shapes = {app: spec.fields for app, spec in specs.items()}
        found.lacking += lacking(said.draft, shapes)
        records_of = Records(db, name)
        try:
            mapping = bind(said.draft, shapes)
            with db.reading():
                lost = [one for app, spec in specs.items() for one in lost_in(records_of, mapping, app, spec)]
                left_out = missed(records_of, mapping, said.draft)
            found.problems += [str(left_out)] if left_out is not None else []
            written = {a: s for a, s in specs.items() if config.model.apps[a].writes != "off"}
            found.unmet += [f"{name}: {why}" for why in _unmet(mapping, written)]
            found.lost += [{"sync": name, **one} for one in lost]
        except ProblemsFound as error:
            found.problems += map(str, error.problems)
        with db.reading():
            linked = records_of.linked_counts()
        for app, spec in specs.items():
            known = records or linked.get(app)
            found.estimates.append(_estimate(name, states[app], spec, known, wiring))
    return found


def _unmet(mapping: ObjectMapping, specs: Mapping[str, ObjectSpec]) -> Iterator[str]:
    """Apps that ask for a field in each new record which the mapping never fills."""
    for app, spec in specs.items():
        filled = {slot.name for slot in mapping.apps[app].slots.values() if slot.flows_out and slot.on_create}
        filled |= {spec.external_id or ""}
        for group in spec.needs if mapping.apps[app].creates else ():
            if filled.isdisjoint(group):
                yield (
                    f"nothing can be created in {app}, which asks for {' or '.join(group)} in a new record. "
                    f"Map it, or say 'creates: false' for {app}."
                )


@dataclass(slots=True)
class Made:
    """The fields that an app got. `refused`: field -> why it was not made; `stopped`: why no more are."""

    app: str
    fields: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    stopped: str = ""


def create(wiring: Wiring, missing: Iterable[Lacking]) -> Iterator[Made]:
    """Make these fields, each by itself: what an app refuses does not stop the next field, or the next app.
    Nothing is made in an app that is not written to."""
    wanted: dict[tuple[str, str], list[FieldSpec]] = defaultdict(list)
    for one in missing:
        wanted[one.app, one.object].append(FieldSpec(one.name, _kind(one.kind), options=one.options))
    for (app, object), fields in wanted.items():
        if wiring.config.model.apps[app].writes == "off":
            yield Made(app, stopped="nothing is written to it (writes: off)")
        else:
            yield _made(wiring.connector(app), app, object, fields)


def _made(connector: Connector, app: str, object: str, fields: list[FieldSpec]) -> Made:
    made = Made(app)
    try:
        for spec in fields:
            try:
                connector.create_fields(object, [spec])
                made.fields.append(spec.name)
            except (AuthRefused, Unavailable):
                raise
            except AppError as error:
                made.refused[spec.name] = str(error)
        there = connector.describe(object).fields
    except AppError as error:
        made.stopped = str(error)
        return made
    passed_over = [name for name in made.fields if name not in there]
    made.refused |= dict.fromkeys(passed_over, "no field can be made there under this name")
    made.fields = [name for name in made.fields if name in there]
    return made


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {
        "integer": "integer",
        "decimal": "decimal",
        "boolean": "boolean",
        "choice": "choice",
        "date": "date",
        "datetime": "datetime",
        "multi": "multi",
    }
    return kinds.get(word, "text")


def _missing_secrets(config: Config) -> list[str]:
    """Credentials that a connector needs and the config does not give."""
    problems = []
    for name, model in config.apps.items():
        given = model.secrets()
        if model.oauth is not None:
            continue
        for wanted in registry.load(model.connector).credentials:
            if given.get(wanted, "not-set") in ("", "not-set"):
                problems.append(f"{config.path}: apps.{name}.credentials.{wanted} is not set.")
    return problems


def _ask(wiring: Wiring, name: str) -> AppState:
    began = perf_counter()
    try:
        account = wiring.connector(name).check()
    except AppError as error:
        return AppState(name, error=str(error))
    return AppState(name, account.name, latency=perf_counter() - began)


def _estimate(sync: str, state: AppState, spec: ObjectSpec, known: int | None, wiring: Wiring) -> Estimate:
    records = known or ASSUMED
    pages = max(1, ceil(records / spec.page))
    writes = ceil(records * CREATED / spec.batch) + ceil(records * UPDATED / (spec.updates or spec.batch))
    first = spec.beside + pages + writes
    poll = spec.beside + (pages if spec.feed == "scan" else 1)
    pace = max(state.latency, seconds_a_call(wiring, state.name))
    return Estimate(
        sync, state.name, records, known is None, first, first * pace / 60, poll, poll * pace / 60
    )


def seconds_a_call(wiring: Wiring, app: str) -> float:
    """Seconds a call by what the app allows us, where its connector states that."""
    rate = allowed(app, wiring.config.apps[app]).get("general")
    return rate.window / rate.limit if rate else 0.0
