"""What `syncer mapping suggest` and `try` look at: an app's objects, its fields, and some of its records."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors.contract import AppError, ObjectSpec, Record
from mappings.concepts import OBJECTS
from mappings.document import Problem, ProblemsFound
from mappings.load import bind, read
from mappings.suggest import Found, Proposal, suggest
from mappings.suggest_yaml import as_yaml
from syncer.config.files import Config
from syncer.model import BLANK
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.wiring.wire import Wiring

SAMPLES = 50


class NoSuchObject(AppError):
    """None of an app's objects goes by that name."""


@dataclass(slots=True)
class Source:
    """One object of one app: what it declares, and a few of its records."""

    app: str
    spec: ObjectSpec
    records: Sequence[Record] = field(default_factory=tuple)

    def found(self) -> list[Found]:
        fields = []
        for name, spec in self.spec.fields.items():
            if name == self.spec.external_id:
                continue
            samples = tuple(r.values[name] for r in self.records if r.values.get(name) not in BLANK)
            fields.append(Found(self.app, spec, spec.label, samples))
        return fields


@contextmanager
def looking(config: Config) -> Iterator[Wiring]:
    """Connections to the apps of a config; nothing is kept of the look."""
    db = Database("sqlite://")
    wiring = Wiring(config, db, Ports())
    try:
        yield wiring
    finally:
        wiring.close()
        db.close()


def source(wiring: Wiring, app: str, object: str, samples: int = SAMPLES) -> Source:
    """An app's object with some of its records. `object`: as the app calls it, or as the mappings do. Raises
    `AppError`."""
    connector = wiring.connector(app)
    spec = _described(wiring, app, object)
    if samples <= 0:
        return Source(app, spec)
    records: list[Record] = []
    for page in connector.pull(spec.name, None, tuple(spec.fields)):
        records += page.records
        if len(records) >= samples:
            break
    return Source(app, spec, records[:samples])


def _described(wiring: Wiring, app: str, object: str) -> ObjectSpec:
    """The first of the names that the app knows: those in the config's mappings, then the usual ones."""
    mapped = [
        s.draft.objects[app] for s in wiring.config.syncs.values() if s.object == object and app in s.apps
    ]
    tried = dict.fromkeys((*mapped, object, *OBJECTS.get(object, ())))
    last: AppError | None = None
    wiring.connector(app).check()  # so that a refused credential is not taken for an unknown object
    for name in tried:
        try:
            return wiring.connector(app).describe(name)
        except AppError as error:
            last = last or error
    raise NoSuchObject(
        f"{app}: no object goes by the name {object}. Say what the app calls it, such as {app}:contacts"
        f" ({last})"
    )


def propose(object: str, sources: Mapping[str, Source]) -> tuple[Proposal, str]:
    """A proposal and its text. What does not hold against the apps is left out."""
    apps = {app: one.spec.name for app, one in sources.items()}
    proposal = suggest(object, apps, {app: one.found() for app, one in sources.items()})
    consent = next((one for one in proposal.fields if one.type == "consent"), None)
    create_when = {
        app: f"{consent.name} == 'subscribed'"
        for app, one in sources.items()
        if consent is not None and one.spec.consent_on_new == "subscribed"
    }
    shapes = {app: one.spec.fields for app, one in sources.items()}
    for _ in range(len(proposal.fields)):
        text = as_yaml(proposal, create_when)
        problems = _problems(text, shapes)
        wrong = {p.where.split(".")[1]: p for p in problems if p.where.startswith("fields.")}
        if not wrong:
            break
        for one in [one for one in proposal.fields if one.name in wrong]:
            proposal.fields.remove(one)
            why = wrong[one.name].what
            proposal.left_out += [(app, place, why) for app, place in one.places.items()]
    return proposal, as_yaml(proposal, create_when)


def _problems(text: str, shapes: Mapping[str, Mapping[str, object]]) -> tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mapping.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            bind(read(file), shapes)  # type: ignore[arg-type]
        except ProblemsFound as error:
            return error.problems
    return ()
