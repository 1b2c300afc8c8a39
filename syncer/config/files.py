"""The config file: which apps, which syncs, and how careful to be.

Secrets come from the environment, are kept as `SecretStr`, and no message repeats them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from conflicts import own
from mappings import document as yaml
from mappings import references
from mappings.checking import Strict, Whole, mistake, validated
from mappings.document import Document, Problem, ProblemsFound
from mappings.load import Draft, examine
from mappings.spelling import nearest
from syncer.config.apps import AppModel
from syncer.config.environment import Environment
from syncer.config.service import AlertsModel, Schedule, ScheduleModel, ServiceModel
from syncer.config.stamps import Stamp, stamp
from syncer.config.types import Every
from syncer.core.brakes import KINDS, ChangeKind, Limit


class SyncModel(Strict):
    """One mapping, kept in step."""

    mapping: str = Field(
        min_length=1,
        description="The mapping file, relative to this file's folder.",
        examples=["mappings/contacts.yaml"],
    )
    schedule: Schedule | None = Field(
        default=None, description="When this sync runs by itself.", examples=[{"every": "15m"}]
    )


class LimitModel(Strict):
    """A brake: it trips when a run would change more than both `count` records and `share` of the linked."""

    share: float = Field(ge=0, le=1, description="Of the records linked in the app: 0.3 is 30 %.")
    count: Whole = Field(ge=0, description="So many records are always allowed.")


class SafetyModel(Strict):
    """What one run may do to one app without being asked."""

    creates: LimitModel = Field(default=LimitModel(share=0.3, count=500), description="New records.")
    updates: LimitModel = Field(default=LimitModel(share=0.3, count=500), description="Changed records.")
    archives: LimitModel = Field(
        default=LimitModel(share=0.02, count=20), description="Archived or deleted records."
    )
    blanks: LimitModel = Field(
        default=LimitModel(share=0.05, count=50), description="Records in which a field would be emptied."
    )
    unsubscribes: LimitModel = Field(
        default=LimitModel(share=0.05, count=50), description="Records that would be unsubscribed."
    )
    links: LimitModel = Field(
        default=LimitModel(share=0.1, count=100),
        description="Records that would be tied to another person or company.",
    )

    def limits(self) -> dict[ChangeKind, Limit]:
        """The brakes as the engine takes them."""
        models: dict[ChangeKind, LimitModel] = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: Limit(model.share, model.count) for kind, model in models.items()}


class LoggingModel(Strict):
    """Logs go to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What to log.")
    format: Literal["text", "json"] = Field(default="text", description="json: one object a line.")


class ConflictsModel(Strict):
    """The conflict log's files."""

    dir: str = Field(
        default="conflicts", min_length=1, description="The folder, relative to this file's folder."
    )
    keep: Every | None = Field(
        default=None, description="How long entries are kept; without it, for ever.", examples=["400d"]
    )


class HistoryModel(Strict):
    """The journal: what runs changed and wrote. Where current values came from is kept for ever."""

    keep: Every = Field(
        default=timedelta(days=400),
        description="How long it is kept, and so how far back syncer undo reaches.",
        examples=["400d"],
    )


class ForgetModel(Strict):
    """What `syncer forget` does, and where it remembers that it did."""

    dir: str = Field(
        default="forgotten", min_length=1, description="The folder, relative to this file's folder."
    )
    in_apps: Literal["archive", "erase", "keep"] = Field(
        default="archive",
        description="What becomes of the records in the apps; erase: for good, where the app offers it (else"
        " archived); keep: leave them.",
    )


def _database(url: SecretStr) -> SecretStr:
    from syncer.store.address import AddressInvalid, parse  # slow: of an edited file alone, not of its schema

    try:
        parse(url.get_secret_value())
    except AddressInvalid as error:
        raise mistake(error.what, error.cure) from None
    return url


class StateModel(Strict):
    """What syncer remembers: where, and the key that seals the secrets in it. A text is the URL alone."""

    url: Annotated[SecretStr, AfterValidator(_database)] = Field(
        default=SecretStr("sqlite:///syncer.db"),
        description="A SQLite file or a PostgreSQL database.",
        examples=["sqlite:///syncer.db", "postgresql://user:${DB_PASSWORD}@host/name"],
    )
    key: SecretStr | None = Field(
        default=None,
        description="Seals the secrets in the state; syncer state key makes one.",
        examples=["${SYNCER_STATE_KEY}", "file:state.key"],
    )
    old_keys: list[SecretStr] = Field(default=[], description="Keys that only open what they sealed before.")


def _state(value: Any) -> Any:
    if isinstance(value, str):
        return {"url": value}
    if not isinstance(value, dict | StateModel):
        raise mistake("this must be the URL of a database", "Write it as sqlite:///syncer.db.")
    return value


class ConfigModel(Strict):
    """The keys of a config file."""

    state: Annotated[StateModel, BeforeValidator(_state, json_schema_input_type=str | StateModel)] = Field(
        default=StateModel(), description="Where syncer remembers what it knows. A text is the URL alone."
    )
    apps: dict[str, AppModel] = Field(
        min_length=1, description="The apps, each under a name of your own; mappings use these names."
    )
    syncs: dict[str, SyncModel] = Field(
        min_length=1,
        description="What is kept in step: a mapping file each.",
        examples=[{"contacts": {"mapping": "mappings/contacts.yaml"}}],
    )
    safety: SafetyModel = Field(default=SafetyModel(), description="The brakes.")
    first_sync: Literal["ask", "go"] = Field(
        default="ask",
        description="The first run of a sync: ask shows its plan and waits for --approve; go does it at once,"
        " without limits.",
    )
    logging: LoggingModel = Field(default=LoggingModel(), description="What is logged, and how.")
    conflicts: ConflictsModel = Field(default=ConflictsModel(), description="Where the conflict log lies.")
    history: HistoryModel = Field(default=HistoryModel(), description="How long the journal is kept.")
    forget: ForgetModel = Field(default=ForgetModel(), description="Forgetting a person: syncer forget.")
    service: ServiceModel = Field(default=ServiceModel(), description="The service: syncer serve.")
    alerts: AlertsModel = Field(
        default=AlertsModel(), description="When the service calls for a person, and where."
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """One mapping to be kept in step. Its apps are those of the mapping, by their names in the config."""

    name: str
    draft: Draft
    schedule: ScheduleModel | None

    @property
    def object(self) -> str:
        return self.draft.object

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(self.draft.objects)


@dataclass(frozen=True, slots=True)
class Config:
    """A checked config with its mappings. `syncs` are in the order in which they run: what others point to
    comes first. `files`: all that this was read from, secrets in files included, as they were just before."""

    path: Path
    model: ConfigModel
    syncs: Mapping[str, Sync]
    files: Mapping[Path, Stamp] = field(default_factory=dict)

    @property
    def apps(self) -> Mapping[str, AppModel]:
        return self.model.apps

    @property
    def state(self) -> str:
        """The database URL; a relative SQLite file lies next to the config. May hold a password."""
        url = self.model.state.url.get_secret_value()
        front, mark, file = url.partition(":///")
        if not front.startswith("sqlite") or not mark or file in ("", ":memory:"):
            return url
        return f"{front}:///{(self.path.parent / file).absolute()}"

    @property
    def state_keys(self) -> tuple[str, ...]:
        """The keys of `syncer.store.vault.Vault`, the one that seals first. Raises `ProblemsFound` where a
        key's file cannot be read."""
        said = self.model.state
        given = [said.key, *said.old_keys] if said.key is not None else []
        return tuple(key for secret in given if (key := self._key(secret.get_secret_value())))

    def _key(self, said: str) -> str:
        """A key, or the content of the file that is named in its place."""
        front, _, file = said.partition("file:")
        if front or not file:
            return said.strip()
        try:
            return (self.path.parent / file).read_text().strip()
        except (OSError, UnicodeDecodeError):
            document = yaml.read(self.path, os.environ)
            problem = document.problem(("state", "key"), f"there is no key to read in {file}", "See there.")
            raise ProblemsFound([problem]) from None

    @property
    def objects(self) -> dict[str, str]:
        """Sync -> the object that it keeps."""
        return {name: sync.object for name, sync in self.syncs.items()}

    @property
    def keepers(self) -> dict[str, str]:
        """Object -> the sync that keeps it."""
        return {sync.object: name for name, sync in self.syncs.items()}

    @property
    def forgotten_dir(self) -> Path:
        return self.path.parent / self.model.forget.dir

    @property
    def conflicts_dir(self) -> Path:
        return self.path.parent / self.model.conflicts.dir


def load_config(path: Path, env: Mapping[str, str] | None = None) -> Config:
    """Read a config file and the mappings that it names. Raises `ProblemsFound` with every mistake in any of
    them; the apps are not asked (see `mappings.load.bind`)."""
    config, problems = examine_config(path, env)
    if config is None or problems:
        raise ProblemsFound(problems)
    return config


def examine_config(path: Path, env: Mapping[str, str] | None = None) -> tuple[Config | None, list[Problem]]:
    """What of a config and its mappings is sound, and their mistakes; None where nothing is."""
    if not path.exists():
        what = f"there is no config file (looked for {path.absolute()})"
        cure = "Write one with 'syncer init', or name another by --config FILE or SYNCER_CONFIG=FILE."
        return None, [Problem(str(path), 1, 1, "", what, cure)]
    environment = Environment(os.environ if env is None else env)
    files = {path: stamp(path)}
    try:
        document = yaml.read(path, environment)
    except ProblemsFound as error:
        return None, list(error.problems)
    model, problems = validated(document, ConfigModel)
    if model is None:
        return None, problems
    syncs: list[Sync] = []
    for name, said in model.syncs.items():
        files[path.parent / said.mapping] = stamp(path.parent / said.mapping)
        draft, wrong = _draft(document, path, name, said)
        problems += wrong
        if draft is not None:
            syncs.append(Sync(name, draft, said.schedule))
    problems += _clashes(document, syncs)
    problems += _unknown_apps(document, syncs)
    problems += _unknown_rules(syncs)
    if len(syncs) == len(model.syncs) and not problems:
        problems += references.check([sync.draft for sync in syncs])
    by_object = {sync.object: sync for sync in syncs}
    order = references.ordered([sync.draft for sync in syncs])
    found = {by_object[d.object].name: by_object[d.object] for d in order}
    return Config(path, model, found, files | environment.files), problems


def _draft(document: Document, path: Path, name: str, said: SyncModel) -> tuple[Draft | None, list[Problem]]:
    file = path.parent / said.mapping
    if file.is_dir():
        what, cure = f"the mapping '{said.mapping}' is a folder, not a file", "Name the file in it."
        return None, [document.problem(("syncs", name, "mapping"), what, cure)]
    if not file.is_file():
        near = [p.relative_to(path.parent).as_posix() for p in file.parent.glob("*.y*ml") if p.is_file()]
        cure = (
            nearest(said.mapping, near, "There: {}.") or "The path is relative to the config file's folder."
        )
        what = f"there is no mapping file '{said.mapping}'"
        return None, [document.problem(("syncs", name, "mapping"), what, cure)]
    return examine(file)


def _clashes(document: Document, syncs: list[Sync]) -> list[Problem]:
    """Two syncs over the same records would undo each other's work."""
    problems = []
    owners: dict[tuple[str, str], str] = {}
    objects: dict[str, str] = {}
    for sync in syncs:
        where = ("syncs", sync.name)
        other = objects.setdefault(sync.object, sync.name)
        if other != sync.name:
            what = f"the sync '{other}' already keeps the object '{sync.object}'"
            problems.append(document.problem(where, what, "Join the two mappings, or remove one.", key=True))
            continue
        for app, name in sync.draft.objects.items():
            other = owners.setdefault((app, name), sync.name)
            if other != sync.name:
                what = f"the sync '{other}' already keeps {name} of {app}"
                problems.append(document.problem(where, what, "Leave the app out of one of them.", key=True))
    return problems


def _unknown_rules(syncs: list[Sync]) -> list[Problem]:
    """Rules of one's own that no installed package offers."""
    wanted = [(s, name, f.rule.own) for s in syncs for name, f in s.draft.fields.items() if f.rule.own]
    known = own.names() if wanted else []
    cure = "Install the package that has it, or choose another rule."
    return [
        sync.draft.document.problem(
            ("fields", field, "rule", "own"),
            f"no installed package offers a rule named '{name}'",
            nearest(name, known, f"{cure} Offered: {{}}.") or cure,
        )
        for sync, field, name in wanted
        if name not in known
    ]


def _unknown_apps(document: Document, syncs: list[Sync]) -> list[Problem]:
    raw = document.at(("apps",))
    known = list(raw) if isinstance(raw, dict) else []
    return [
        sync.draft.document.problem(
            ("apps", app),
            f"the config has no app '{app}'",
            nearest(app, known, "Its apps: {}."),
            key=True,
        )
        for sync in syncs
        for app in sync.apps
        if app not in known
    ]
