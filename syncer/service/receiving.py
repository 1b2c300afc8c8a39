"""Takes webhooks in: who may speak, and which syncs have to look at which records. Nothing else of a call is
believed, and one that is not taken changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from connectors.hooks import HookCall, HookRefused, Hooks, Touched
from syncer.config.files import Config
from syncer.model import LinkKey
from syncer.service.repeats import Repeats

LARGEST: Final = 512 * 1024  # bytes of a body

Outcome = Literal["taken", "unknown", "forged", "late", "malformed", "replayed", "oversized"]
STATUS: Final[Mapping[Outcome, int]] = {
    "taken": 200,
    "malformed": 400,
    "forged": 401,
    "late": 401,
    "unknown": 404,
    "replayed": 409,
    "oversized": 413,
}


@dataclass(slots=True)
class Receiving:
    """`hooks`: app -> how its calls are read, and the secrets that they may be signed with. `tell` is given
    the sync and its records. Used by one thread."""

    config: Config
    hooks: Callable[[str], tuple[Hooks, Sequence[str]] | None]
    tell: Callable[[str, Iterable[LinkKey]], None]
    clock: Callable[[], float] = time.time
    repeats: Repeats = field(default_factory=Repeats)

    def take(self, app: str, call: HookCall) -> Outcome:
        """What became of a call. What it names is on its way when this returns."""
        known = self.hooks(app) if app in self.config.apps else None
        if known is None:
            return "unknown"
        if len(call.body) > LARGEST:
            return "oversized"
        hooks, secrets = known
        now = self.clock()
        touched, outcome = _read(hooks, call, secrets, now)
        if outcome != "taken":
            return outcome
        if not self.repeats.new(app, call, now):
            return "replayed"
        for sync, records in self._records(app, touched).items():
            self.tell(sync, records)
        return "taken"

    def _records(self, app: str, touched: Iterable[Touched]) -> dict[str, list[LinkKey]]:
        """Sync -> the records that it keeps, of those named. What is not kept in step is passed over."""
        owners = {
            sync.draft.objects[app]: name for name, sync in self.config.syncs.items() if app in sync.apps
        }
        found: dict[str, list[LinkKey]] = {}
        for one in touched:
            if one.object in owners:
                key = (app, one.id or f"{one.field}={one.value}")
                found.setdefault(owners[one.object], []).append(key)
        return found


def _read(
    hooks: Hooks, call: HookCall, secrets: Sequence[str], now: float
) -> tuple[Sequence[Touched], Outcome]:
    """What a call names, by the first secret that fits."""
    why: Outcome = "forged"
    for secret in secrets:
        try:
            return hooks.read(call, secret, now), "taken"
        except HookRefused as refused:
            why = refused.why
            if why != "forged":
                break
    return (), why
