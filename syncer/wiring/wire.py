"""From a checked config to syncs that are ready to run: connected, declared, bound, and followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.contract import Connector, FieldSpec, ObjectSpec, Tokens
from mappings.document import ProblemsFound
from mappings.load import bind, fit
from mappings.model import ObjectMapping
from syncer.config.files import Config
from syncer.config.files import Sync as SyncConfig
from syncer.forgotten import Marks
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.records import Records
from syncer.sync import App, Sync
from syncer.wiring import regrouping, remapped, stopping
from syncer.wiring.connections import Connections
from syncer.wiring.declared import Declarations
from syncer.wiring.former import former_name


@dataclass(slots=True)
class Wiring:
    """The syncs of one config on one state. `refresh`: ask every app what it is like, even where that is
    remembered. Close it when done."""

    config: Config
    db: Database
    ports: Ports
    refresh: bool = False
    connections: Connections = field(init=False)
    declarations: Declarations = field(init=False)

    def __post_init__(self) -> None:
        self.connections = Connections(self.config, self.db, self.ports)
        self.declarations = Declarations(self.config, self.db, self.ports, self.connections, self.refresh)

    def connector(self, app: str) -> Connector:
        return self.connections.to(app)

    def tokens(self, app: str) -> Tokens | None:
        return self.connections.tokens(app)

    def close(self) -> None:
        self.connections.close()

    def sync(self, name: str) -> Sync:
        """A sync that is ready to run. Raises `ProblemsFound` where the mapping does not fit the apps,
        `OtherAccount`, and `NotDescribed` where an app that is not remembered cannot be asked."""
        said = self.config.syncs[name]
        found, mapping = self._bound(said)
        model = self.config.model
        apps = {
            app: App(
                app,
                object,
                self.connector(app),
                found[app],
                model.apps[app].writes == "on",
                model.apps[app].max_records,
            )
            for app, object in said.draft.objects.items()
        }
        ready = Sync(
            name,
            mapping,
            apps,
            model.safety.limits(),
            model.first_sync,
            targets(self.config, said),
            dependents(self.config, said),
            Marks(self.config.forgotten_dir),
            former_name(self.db, name, said.draft.objects, self.config.syncs),
        )
        remapped.refuse_left_out(self.db, ready, said.draft)
        remapped.take_over(self.db, ready, said.draft, self.ports)
        with self.db.reading():
            regrouping.tell_slots(Records(self.db, name), ready)
        return ready

    def _bound(self, said: SyncConfig) -> tuple[dict[str, ObjectSpec], ObjectMapping]:
        """Declarations and mapping. One that does not fit what is remembered may fit by now: a field was
        made since. A field that still does not fit stops in that app (`ObjectMapping.stopped`)."""
        with self.db.reading():
            doubted = regrouping.losing(Records(self.db, said.name), said.apps)
        found = self.declarations.of(said, doubted=doubted)
        try:
            return found, bind(said.draft, _shapes(found))
        except ProblemsFound:
            if not self.refresh:
                self.close()
                found = self.declarations.of(said, refresh=True)
        with self.db.reading():
            fitted = stopping.fitted(History(self.db), said.name, said.apps)
        return found, fit(said.draft, _shapes(found), fitted)


def targets(config: Config, said: SyncConfig) -> dict[str, str]:
    """Object -> the sync that keeps it, for everything that this sync points to."""
    keepers = config.keepers
    wanted = [field.model.to for field in said.draft.fields.values() if field.model.to]
    return {object: keepers[object] for object in wanted if object in keepers}


def dependents(config: Config, said: SyncConfig) -> tuple[str, ...]:
    """The syncs that point to this one."""
    return tuple(
        name
        for name, sync in config.syncs.items()
        if said.object in targets(config, sync) and sync is not said
    )


def _shapes(found: Mapping[str, ObjectSpec]) -> dict[str, Mapping[str, FieldSpec]]:
    return {app: spec.fields for app, spec in found.items()}
