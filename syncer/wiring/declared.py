"""What the apps declare: asked of each, and remembered in the state.

It is asked for again once a day, when the way to the app changed (address, credentials, settings), and when
wanted; so a quiet run only reads.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Account, AppError, AuthRefused, Connector, ObjectSpec, UnknownObject
from mappings.document import ProblemsFound
from syncer.config.files import Config
from syncer.config.files import Sync as SyncConfig
from syncer.ports import Ports
from syncer.store import codec, specs
from syncer.store.database import Database
from syncer.store.lease import Busy, hold
from syncer.store.ledger import Ledger
from syncer.wiring.connections import Connections, spec_key

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
class Declarations:
    """`refresh`: ask every app what it is like, even where that is remembered; `accept`: apps whose account
    may be another than before; `accounts`: those that were asked for."""

    config: Config
    db: Database
    ports: Ports
    connections: Connections
    refresh: bool = False
    accept: frozenset[str] = frozenset()
    accounts: dict[str, Account] = field(default_factory=dict)

    def of(
        self, said: SyncConfig, refresh: bool = False, doubted: Container[str] = ()
    ) -> dict[str, ObjectSpec]:
        """What each app declares of the sync's object: remembered where that is recent, else asked for. Those
        that are `doubted` are asked for where they can be."""
        ledger = Ledger(self.db, said.name)
        with self.db.reading():
            states = {app: ledger.reader(app) for app in said.apps}
        refresh = refresh or self.refresh
        found: dict[str, ObjectSpec] = {}
        asked: dict[str, dict[str, Any]] = {}
        others: dict[str, Account] = {}
        for app, object in said.draft.objects.items():
            try:
                spec, new = self._spec(app, object, states[app], refresh, app in doubted)
            except UnknownObject as error:
                raise ProblemsFound([said.draft.no_object(app, error.known)]) from None
            found[app] = spec
            if new is not None:
                asked[app] = new
                if states[app]["account"] not in (None, new["account"]) and app not in self.accept:
                    others[app] = self.accounts[app]
        if others:
            raise OtherAccount(others)
        known = {app: str(asked.get(app, states[app])["account"] or "") for app in found}
        self._refuse_twice(said, known)
        self._keep(said.name, ledger, asked)
        return found

    def _refuse_twice(self, said: SyncConfig, accounts: Mapping[str, str]) -> None:
        """Raises `ProblemsFound` where two names lead to the same records: each would be taken for a copy of
        the other, and made again there without end."""
        first: dict[tuple[str, ...], str] = {}
        for app, object in said.draft.objects.items():
            model = self.config.apps[app]
            place = (model.connector, model.base_url or "", accounts[app], object)
            other = first.setdefault(place, app)
            if accounts[app] and other != app:
                what = f"'{app}' and '{other}' are the same {object} of one account ({accounts[app]})"
                cure = "Leave one of the two out, or give one the credentials of the account that it is for."
                raise ProblemsFound([said.draft.document.problem(("apps", app), what, cure, key=True)])

    def _spec(
        self, app: str, object: str, state: Mapping[str, Any], refresh: bool, doubted: bool
    ) -> tuple[ObjectSpec, dict[str, Any] | None]:
        """The declaration, and what is to be remembered where it was asked for."""
        model = self.config.apps[app]
        key, now, paused = spec_key(model, object), self.ports.now(), bool(state["paused"])
        remembered = _remembered(state, state["spec_key"] if paused else key)  # a paused app is not asked
        recent = not (refresh or doubted) and _recent(state["spec_at"], now)
        still = (paused and not self.refresh) or recent
        if remembered is not None and still:
            _remind(self.connections.to(app), remembered)
            return remembered, None
        try:
            if app not in self.accounts:
                self.accounts[app] = self.connections.to(app).check()
            spec = self.connections.to(app).describe(object)
        except UnknownObject:
            raise
        except AppError as error:
            if remembered is None or refresh:
                raise NotDescribed(app, error) from error
            _remind(self.connections.to(app), remembered)
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
