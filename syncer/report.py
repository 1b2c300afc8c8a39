"""What a run did, as numbers that people and programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from syncer.core.resolve import Fate
from syncer.model import Item

Status = Literal["done", "partial", "held", "failed", "interrupted"]
EXAMPLES = 5  # records that are named of those that a row of `stopped` concerns
PAUSED = "paused"  # as the reason why an app was not used: somebody wants it so


@dataclass(slots=True)
class AppRow:
    """One app in one run. `error`: why it was not read or written to the end; `refused`: it did not take our
    credential."""

    read: int = 0
    linked: int = 0
    created: int = 0
    updated: int = 0
    archived: int = 0
    unchanged: int = 0
    failed: int = 0
    held: int = 0
    calls: int = 0
    error: str = ""
    refused: bool = False

    def numbers(self) -> dict[str, int]:
        """The documented keys of `sync --json`."""
        return {name: value for name, value in asdict(self).items() if name not in ("error", "refused")}


@dataclass(slots=True)
class Report:
    """One run of one sync. `reason`: why a plan is held, or the run failed. `held_run`: the
    run whose plan waits for `--approve` or `--reject`.
    `left_out`: items of an approved plan that do not come out the same any more.
    `fates`: what became of answers to conflicts, by golden record and field.
    `stopped`: fields that do not fit an app any more, and groups that it has no more (`stopped_row`);
    `scope`: records that came into an app's filter or went out of it; `gone`: linked records that an app has
    no more; `merged`: those that became part of another there; all four as in `sync --json`.
    """

    run: str
    sync: str
    status: Status = "done"
    seconds: float = 0.0
    apps: dict[str, AppRow] = field(default_factory=dict)
    conflicts: int = 0
    reviews: int = 0
    written: int = 0
    reason: str = ""
    held_run: str = ""
    leftovers: int = 0
    left_out: list[Item] = field(default_factory=list)
    stopped: list[dict[str, Any]] = field(default_factory=list)
    fates: dict[tuple[str, str], Fate] = field(default_factory=dict)
    scope: dict[str, dict[str, int]] = field(default_factory=dict)
    gone: Counter[str] = field(default_factory=Counter)
    merged: Counter[str] = field(default_factory=Counter)

    def finish(self) -> None:
        """Sum up, when the run has ended."""
        for row in self.apps.values():
            row.unchanged = max(0, row.read - row.updated - row.archived - row.failed)
        troubled = (
            self.leftovers
            or self.left_out
            or self.stopped
            or any(r.failed or r.error not in ("", PAUSED) for r in self.apps.values())
        )
        if self.status == "done" and troubled:
            self.status = "partial"
        if self.apps and all(r.error not in ("", PAUSED) for r in self.apps.values()):
            self.status = "failed"
            self.reason = self.reason or "no app could be used"

    def follow(self, entered: Mapping[str, int], left: Mapping[str, int]) -> None:
        """Note how many linked records came into a filter, and went out of it, by app."""
        for app in {**entered, **left}:
            so_far = self.scope.get(app, {"entered": 0, "left": 0})  # a run decides up to three times
            self.scope[app] = {
                "entered": so_far["entered"] + entered.get(app, 0),
                "left": so_far["left"] + left.get(app, 0),
            }

    def as_json(self) -> dict[str, Any]:
        """The documented keys of `sync --json`, in their order."""
        return {
            "run": self.run,
            "sync": self.sync,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "apps": {name: row.numbers() for name, row in self.apps.items()},
            "conflicts": self.conflicts,
            "reviews": self.reviews,
            "written": self.written,
            "stopped": self.stopped,
            "scope": self.scope,
            "gone": dict(self.gone),
            "merged": dict(self.merged),
        }

    def stored(self) -> dict[str, Any]:
        """All of it, for the run's row in the state."""
        return {
            **self.as_json(),
            "reason": self.reason,
            "held_run": self.held_run,
            "leftovers": self.leftovers,
            "left_out": len(self.left_out),
            "errors": {name: row.error for name, row in self.apps.items() if row.error},
            "credentials_refused": [name for name, row in self.apps.items() if row.refused],
        }


def stopped_row(
    app: str,
    slot: str,
    fields: Sequence[str],
    reason: str,
    number: int,
    records: Sequence[str],
    tag: str | None = None,
) -> dict[str, Any]:
    """The documented keys of `stopped`. `number`: how many that concerns; `records`: theirs in the app."""
    what = {"app": app, "field": slot, "fields": list(fields), "tag": tag, "reason": reason}
    return {**what, "records": number, "examples": list(records[:EXAMPLES])}


def of_app(app: str, error: str) -> str:
    """Why an app or a sync could not be used; most errors begin with its name."""
    named = error.casefold().startswith(app.casefold()) or f"({app})" in error
    return error if named else f"{app}: {error}"
