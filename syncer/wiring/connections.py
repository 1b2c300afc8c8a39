"""Connections to the apps of a config, made when first needed, and what they share with other processes: the
budget of an account, and the token of its login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, cast

import orjson

from connectors import registry
from connectors.budget import Rate
from connectors.contract import Budget, Connector, Options, Tokens
from connectors.settings import own_rates
from syncer.config.apps import AppModel
from syncer.config.files import Config
from syncer.ports import Ports
from syncer.store.budget import SharedBudget
from syncer.store.database import Database
from syncer.store.sharing import Shared
from syncer.store.tokens import SharedTokens
from syncer.store.vault import Vault
from syncer.wiring.guarding import guarded


@dataclass(slots=True)
class Connections:
    """One a name of an app. Close them when done."""

    config: Config
    db: Database
    ports: Ports
    made: dict[str, Connector] = field(default_factory=dict)
    shared: Shared | None = None
    budgets: list[SharedBudget] = field(default_factory=list)

    def to(self, app: str) -> Connector:
        if app not in self.made:
            self.made[app] = connect(app, self.config.apps[app], **self._shares(app))
        return self.made[app]

    def close(self) -> None:
        for connector in self.made.values():
            connector.close()
        self.made.clear()
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


def connect(
    name: str, model: AppModel, budget: Budget | None = None, tokens: Tokens | None = None
) -> Connector:
    """A connection to one account. Nothing is sent yet."""
    kind = cast(type[Connector], registry.load(model.connector))
    return cast(registry.ConnectorClass, guarded(kind))(_options(name, model, budget, tokens))


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
