"""From a checked config to syncs that are ready to run: connections, what the apps declare, bound mappings.

An app's declaration and account are remembered in the state. They are asked for again once a day, when the
way to the app changed (address, credentials, settings), and when wanted; so a quiet run only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from connectors import registry
from connectors.budget import Rate
from connectors.contract import (
    Account,
    AppError,
    AuthRefused,
    Budget,
    Connector,
    FieldSpec,
    ObjectSpec,
    Options,
    Tokens,
    UnknownObject,
)
from connectors.settings import own_rates
from mappings.document import ProblemsFound
from mappings.load import Draft, bind, fit
from mappings.model import ObjectMapping
from syncer import remapped, stopping
from syncer.config.apps import AppModel
from syncer.config.files import Config
from syncer.config.files import Sync as SyncConfig
from syncer.forgotten import Marks
from syncer.ports import Ports
from syncer.store import codec, specs
from syncer.store.budget import SharedBudget
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.lease import Busy, hold
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import note_fields_read
from syncer.store.sharing import Shared
from syncer.store.tokens import SharedTokens
from syncer.store.vault import Vault
from syncer.sync import App, Sync

DESCRIBED_FOR = timedelta(days=1)


class NotDescribed(AppError):
    """An app that is not remembered could not be asked what it is like. `refused`: our credential was not
    taken."""

    def __init__(self, app: str, error: AppError) -> None:
        super().__init__(str(error), error.quoted)
        self.app = app
        self.refused = isinstance(error, AuthRefused)


class OtherAccount(Exception):
    """Behind the names of some apps there is another account than before. `found`: app -> the new id."""

    def __init__(self, found: Mapping[str, Account]) -> None:
        self.found = {app: account.id for app, account in found.items()}
        told = "; ".join(f"{app} now leads to {account.name}" for app, account in found.items())
        super().__init__(
            f"another account than before: {told}. Record ids of one account mean nothing in another, so"
            " nothing was read or written. Put the former credentials back, or give the new account an app"
            " name of its own in the config"
        )


@dataclass(slots=True)
class Wiring:
    """The connections of one config, made when first needed. `refresh`: ask every app what it is like, even
    where that is remembered. Close it when done."""

    config: Config
    db: Database
    ports: Ports
    refresh: bool = False
    accept: frozenset[str] = frozenset()
    connectors: dict[str, Connector] = field(default_factory=dict)
    shared: Shared | None = None
    budgets: list[SharedBudget] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)

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
        )
        self._refuse_left_out(ready, said.draft)
        self._read_new_fields(ready, said.draft)
        return ready

    def _refuse_left_out(self, ready: Sync, draft: Draft) -> None:
        """Raises `ProblemsFound` where the mapping leaves out an app whose records are known, or consent."""
        with self.db.reading():
            records = Records(self.db, ready.name)
            apps, consent = remapped.left_out(records, ready), remapped.lost_consent(records, ready)
        if consent:
            what = f"the consent field is left out, and {ready.name} knows who opted out ('{consent}')"
            cure = (
                "Put it back, under any name: without it new records would be created as subscribed, and"
                " opt-outs would stay where they are."
            )
            raise ProblemsFound([draft.document.problem(("fields",), what, cure, key=True)])
        if apps:
            what = f"'{apps[0]}' is left out, and {ready.name} knows which of its records are whose"
            cure = (
                f"Put it back, under the same name; to read it no more: syncer pause {apps[0]}; to write"
                f" nothing to it: apps.{apps[0]}.writes: off."
            )
            raise ProblemsFound([draft.document.problem(("apps",), what, cure, key=True)])

    def connector(self, app: str) -> Connector:
        if app not in self.connectors:
            self.connectors[app] = connect(app, self.config.apps[app], **self._shares(app))
        return self.connectors[app]

    def close(self) -> None:
        for connector in self.connectors.values():
            connector.close()
        self.connectors.clear()
        for budget in self.budgets:
            budget.close()
        self.budgets.clear()
        if self.shared is not None:
            self.shared.close()

    def _shares(self, app: str) -> dict[str, Any]:
        """What the app's connection shares with other processes. A state in memory is shared with nobody."""
        if self.db.is_sqlite and self.db.file is None:
            return {}
        self.shared = self.shared or Shared(self.config.state)
        self.budgets.append(SharedBudget(self.shared, account_key(self.config.apps[app])))
        return {"budget": self.budgets[-1], "tokens": self.tokens(app)}

    def tokens(self, app: str) -> Tokens | None:
        """Where the token of the app's login is kept; None for a state in memory."""
        if self.db.is_sqlite and self.db.file is None:
            return None
        self.shared = self.shared or Shared(self.config.state)
        account, ports = account_key(self.config.apps[app]), self.ports
        vault = Vault(self.config.state_keys)
        return SharedTokens(self.shared, vault, account, app, ports.holder, ports.now, ports.alive)

    def _bound(self, said: SyncConfig) -> tuple[dict[str, ObjectSpec], ObjectMapping]:
        """Declarations and mapping. One that does not fit what is remembered may fit by now: a field was
        made since. A field that still does not fit stops in that app (`ObjectMapping.stopped`)."""
        found = self.specs(said)
        try:
            return found, bind(said.draft, _shapes(found))
        except ProblemsFound:
            if not self.refresh:
                self.close()
                found = self.specs(said, refresh=True)
        with self.db.reading():
            fitted = stopping.fitted(History(self.db), said.name, said.apps)
        return found, fit(said.draft, _shapes(found), fitted)

    def specs(self, said: SyncConfig, refresh: bool = False) -> dict[str, ObjectSpec]:
        """What each app declares of the sync's object: remembered where that is recent, else asked for."""
        ledger = Ledger(self.db, said.name)
        with self.db.reading():
            states = {app: ledger.reader(app) for app in said.apps}
        refresh = refresh or self.refresh
        found: dict[str, ObjectSpec] = {}
        asked: dict[str, dict[str, Any]] = {}
        others: dict[str, Account] = {}
        for app, object in said.draft.objects.items():
            try:
                spec, new = self._spec(app, object, states[app], refresh)
            except UnknownObject as error:
                raise ProblemsFound([said.draft.no_object(app, error.known)]) from None
            found[app] = spec
            if new is not None:
                asked[app] = new
                if states[app]["account"] not in (None, new["account"]) and app not in self.accept:
                    others[app] = self.accounts[app]
        if others:
            raise OtherAccount(others)
        self._keep(said.name, ledger, asked)
        return found

    def _spec(
        self, app: str, object: str, state: Mapping[str, Any], refresh: bool
    ) -> tuple[ObjectSpec, dict[str, Any] | None]:
        """The declaration, and what is to be remembered where it was asked for."""
        model = self.config.apps[app]
        key, now, paused = spec_key(model, object), self.ports.now(), bool(state["paused"])
        remembered = _remembered(state, state["spec_key"] if paused else key)  # a paused app is not asked
        still = (paused and not self.refresh) or (not refresh and _recent(state["spec_at"], now))
        if remembered is not None and still:
            _remind(self.connector(app), remembered)
            return remembered, None
        try:
            if app not in self.accounts:
                self.accounts[app] = self.connector(app).check()
            spec = self.connector(app).describe(object)
        except UnknownObject:
            raise
        except AppError as error:
            if remembered is None or refresh:
                raise NotDescribed(app, error) from error
            _remind(self.connector(app), remembered)
            return remembered, None  # the same way to the same app: reading it will tell what is wrong
        account = self.accounts[app].id
        return spec, {
            "account": account,
            "spec": specs.dumps(spec),
            "spec_at": codec.iso(now),
            "spec_key": key,
        }

    def _keep(self, space: str, ledger: Ledger, asked: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember, unless somebody else works there just now: then the next run asks again."""
        if not asked:
            return
        ports = self.ports
        try:
            with hold(self.db, space, ports.holder, ports.now, ports.alive), self.db.transaction():
                for app, new in asked.items():
                    again = {"cursor": None, "scan_began": None} if app in self.accept else {}
                    ledger.save_reader(app, **new, **again)
        except Busy:
            return

    def _read_new_fields(self, ready: Sync, draft: Draft) -> None:
        """Where the mapping gained a field of an app, that app is read from the start: records that do not
        change hold values in it too. What was known of it from an earlier time does not count any more. So is
        an app whose filter (`only`) changed: that shows who enters it and who leaves."""
        history, ledger = History(self.db), Ledger(self.db, ready.name)
        wanted = {app: (set(ready.fields(app)), ready.readings(app)) for app in ready.apps}
        filters = {f"only:{ready.name}:{app}": said.only or "" for app, said in draft.model.apps.items()}
        with self.db.reading():
            known = {app: (ledger.fields_read(app), ledger.readings(app)) for app in ready.apps}
            same = stopping.is_kept(history, ready)
            filtered = {name: history.fact(name) for name in filters}
            followed = remapped.is_followed(history, ready)
        if known == wanted and same and filtered == filters and followed:
            return
        ports = self.ports
        try:
            with hold(self.db, ready.name, ports.holder, ports.now, ports.alive), self.db.transaction():
                stopping.keep(history, ready)
                remapped.follow(history, ready)
                for (name, only), app in zip(filters.items(), draft.model.apps, strict=True):
                    if filtered[name] not in (None, only):
                        ledger.save_reader(app, cursor=None, scan_began=None)
                    history.keep_fact(name, only)
                records = Records(self.db, ready.name)
                for app in wanted:
                    if note_fields_read(ledger, records, ready, app):
                        ledger.save_reader(app, cursor=None, scan_began=None)
        except Busy:
            return


def connect(
    name: str, model: AppModel, budget: Budget | None = None, tokens: Tokens | None = None
) -> Connector:
    """A connection to one account. Nothing is sent yet."""
    return registry.load(model.connector)(_options(name, model, budget, tokens))


def allowed(name: str, model: AppModel) -> Mapping[str, Rate]:
    """The limits that are kept with an app, by class: the published ones less the reserve, or its own."""
    kind = registry.load(model.connector)
    base = model.base_url or kind.default_base_url or ""
    return own_rates(getattr(kind, "rates", ()), _options(name, model, None, None), base)


def _options(name: str, model: AppModel, budget: Budget | None, tokens: Tokens | None) -> Options:
    return Options(
        name,
        model.base_url,
        model.secrets(),
        model.settings,
        model.login(),
        model.reserve / 100,
        budget,
        tokens,
    )


def spec_key(model: AppModel, object: str) -> str:
    """A hash of the way to an app's object; it gives no secret away."""
    return _hash([_way(model), sorted(model.settings.items()), object])


def account_key(model: AppModel) -> str:
    """A hash of the way to an account: apps that share it share its budget and its login."""
    return _hash(_way(model))


def _way(model: AppModel) -> list[Any]:
    secrets = {**model.secrets(), **model.login()}
    return [model.connector, model.base_url, sorted(secrets.items())]


def _hash(said: Any) -> str:
    return blake2b(orjson.dumps(said), digest_size=16).hexdigest()


def targets(config: Config, said: SyncConfig) -> dict[str, str]:
    """Object -> the sync that keeps it, for everything that this sync points to."""
    owners = {sync.object: name for name, sync in config.syncs.items()}
    wanted = [field.model.to for field in said.draft.fields.values() if field.model.to]
    return {object: owners[object] for object in wanted if object in owners}


def dependents(config: Config, said: SyncConfig) -> tuple[str, ...]:
    """The syncs that point to this one."""
    return tuple(
        name
        for name, sync in config.syncs.items()
        if said.object in targets(config, sync) and sync is not said
    )


def _shapes(found: Mapping[str, ObjectSpec]) -> dict[str, Mapping[str, FieldSpec]]:
    return {app: spec.fields for app, spec in found.items()}


def _remembered(state: Mapping[str, Any], key: str) -> ObjectSpec | None:
    if state["spec"] is None or state["spec_key"] != key:
        return None
    try:
        return specs.loads(state["spec"])
    except (TypeError, KeyError, ValueError):
        return None  # written by another version


def _recent(at: str | None, now: datetime) -> bool:
    return at is not None and now - datetime.fromisoformat(at) < DESCRIBED_FOR


def _remind(connector: Connector, spec: ObjectSpec) -> None:
    """Connectors that can be told what their app declared need not ask it again."""
    remember = getattr(connector, "remember", None)
    if remember is not None:
        remember(spec)
