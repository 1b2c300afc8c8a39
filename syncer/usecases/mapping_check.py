"""Everything wrong with a config and its mappings, in the files alone or against the apps as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.contract import AppError, UnknownObject
from mappings import document as yaml
from mappings.document import Problem, ProblemsFound
from mappings.draft import Draft
from mappings.fitting import losses
from mappings.load import bind, examine
from mappings.model import Shape
from mappings.spelling import nearest
from syncer.config.addresses import unknown_addresses
from syncer.config.files import Config, examine_config
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.wiring.wire import Wiring


@dataclass(slots=True)
class Findings:
    """What was found. `files`: the name of each file in messages -> where it lies; `live`: whether the apps
    were asked; `unreachable`: app -> why it could not be."""

    problems: list[Problem] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    live: bool = False
    unreachable: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.unreachable and all(p.minor for p in self.problems)

    def add(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted({*self.problems, *problems})
        self.files = {p.file: Path(p.file) for p in self.problems}


def look(config: Path, file: Path | None, live: bool) -> Findings:
    """Check a config with its mappings, or one file: a mapping, or a config if it has ``syncs``. `live`: the
    apps are those of the config."""
    found = Findings(live=live)
    if file is not None and _is_config(file):
        config, file = file, None
    loaded, problems = examine_config(config) if file is None or live else (None, [])
    if file is None:
        found.add(problems)
        found.add(unknown_addresses(loaded) if loaded is not None else [])
        drafts = [sync.draft for sync in loaded.syncs.values()] if loaded is not None else []
    else:
        draft, problems = examine(file)
        found.add(problems)
        drafts = [draft] if draft is not None else []
    if live and loaded is not None:
        _ask(loaded, drafts, found)
    return found


def _is_config(file: Path) -> bool:
    try:
        data = yaml.read(file).data
    except ProblemsFound:
        return False
    return isinstance(data, dict) and "syncs" in data


def _ask(config: Config, drafts: list[Draft], found: Findings) -> None:
    db = Database("sqlite://")  # nothing is kept of a look
    wiring = Wiring(config, db, Ports())
    try:
        for draft in drafts:
            _hold_against(wiring, draft, found)
    finally:
        wiring.close()
        db.close()


def _hold_against(wiring: Wiring, draft: Draft, found: Findings) -> None:
    shapes: dict[str, Mapping[str, Shape]] = {}
    for app, object in draft.objects.items():
        if app not in wiring.config.apps:
            cure = nearest(app, wiring.config.apps, "Its apps: {}.")
            problem = draft.document.problem(("apps", app), f"the config has no app '{app}'", cure, key=True)
            found.add([problem])
            continue
        try:
            shapes[app] = dict(wiring.connector(app).describe(object).fields)
        except UnknownObject as error:
            found.add([draft.no_object(app, error.known)])
        except AppError as error:
            found.unreachable[app] = str(error)
    try:
        bind(draft, shapes)
    except ProblemsFound as error:
        found.add(error.problems)
    found.add(losses(draft, shapes))
