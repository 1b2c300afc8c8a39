"""Runs as people are told of them: which were cut off, what those had written, why a run did not end well,
and what waits in a held one. Reads the state alone. Call inside a reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from conflicts.log import as_typed
from mappings.draft import Draft
from syncer.config.files import Config
from syncer.model import Item, Mark, Value
from syncer.ports import holder_is_alive
from syncer.report import PAUSED, of_app
from syncer.store import codec, lease, turns
from syncer.store.history import History
from syncer.store.keys import by_app
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.words import counted

Run = dict[str, Any]

CTRL_C = "KeyboardInterrupt"


def told(
    history: History, runs: Iterable[Run], now: datetime, alive: Callable[[str], bool] = holder_is_alive
) -> list[Run]:
    """These runs as they stand. `status` is `interrupted` as soon as the run's process is known to be gone;
    `written` is what the history holds where the run could not sum up; `reason`: why it was cut off, failed,
    is partial or held; else empty."""
    runs = [dict(run) for run in runs]
    unsummed = [run["run"] for run in runs if run["status"] in ("running", "interrupted", "failed")]
    applied = history.applied(unsummed)
    objections = history.objections(run["run"] for run in runs if run["status"] == "partial")
    for run in runs:
        run["written"] = max(run["written"], applied.get(run["run"], 0))
        seen = None
        if run["status"] == "running" and not turns.is_held(history.db, run["sync"], now, alive):
            run["status"], seen = "interrupted", lease.last_seen(history.db, run["sync"])
        run["reason"] = _reason(run, seen, objections.get(run["run"], {}))
    return runs


def waiting(config: Config, history: History, run: Run) -> list[dict[str, Any]] | None:
    """The items of the plan that was held by this run and waits for an answer; None where none does. An undo
    that holds its sync has none. `name`: an address or a name, so far as one is known."""
    ledger, records = Ledger(history.db, run["sync"]), Records(history.db, run["sync"])
    plan = ledger.held()
    if run["status"] != "held" or plan is None or plan.run != (run["report"].get("held_run") or run["run"]):
        return None
    goldens = records.goldens(sorted({item.golden for item in plan.items}))
    read = {
        app: records.waiting(app, ids)
        for app, ids in by_app((i.app, i.record) for i in plan.items if i.record).items()
    }
    sync = config.syncs.get(run["sync"])

    def name(item: Item) -> str | None:
        if sync is None:
            return None
        if item.golden in goldens:
            return _name(sync.draft, goldens[item.golden].value)
        obs = read.get(item.app, {}).get(item.record or "")
        after = {slot: after for slot, (_, after) in item.slots.items()}
        return _name(sync.draft, _by_field(sync.draft, item.app, {**(obs.values if obs else {}), **after}))

    return [
        {
            "kind": item.kind,
            "app": item.app,
            "record": item.record,
            "who": item.golden,
            "name": name(item),
            "changes": [
                {"field": slot, "before": None if isinstance(before, Mark) else before, "after": after}
                for slot, (before, after) in item.slots.items()
            ],
        }
        for item in plan.items
    ]


def _by_field(draft: Draft, app: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """An app's values by golden field."""
    return {field: values[slot] for field, slot in draft.places.get(app, {}).items() if slot in values}


def _name(draft: Draft, values: Mapping[str, Value]) -> str | None:
    """What people call the one who has these values: an address, else a name."""
    match = draft.model.match
    named = {name: as_typed(values[name]) for name in (*match.exact, *match.names) if values.get(name)}
    keys = [named[name] for name in match.exact if name in named]
    parts = dict.fromkeys(named[name] for name in match.names if name in named)
    return keys[0] if keys else " ".join(parts) or None


_GOES_ON = {
    "undo": "give the undo command once more for the rest",
    "forget": "give the forget command once more for the rest",
    "link": "the next sync finishes it; if syncer explain shows them apart still, give it once more",
    "unlink": "the next sync finishes it; if syncer explain shows them as one still, give it once more",
    "merge": "the next sync asks the app what became of it; syncer duplicates lists who is still there twice",
    "resolve": "the next sync writes what was settled; a conflict that still waits is to be settled again",
    "verify": "it only compares: give the command once more",
    "plan": "it only shows what would be done: give the command once more",
}  # a kind that is not here goes on by itself


def _reason(run: Run, seen: datetime | None, objections: Mapping[str, str]) -> str:
    """`seen`: when a run that was cut off was last seen alive, if at all; `objections`: app -> what it said
    where a write failed."""
    report = run["report"]
    match run["status"]:
        case "interrupted":
            return _cut_off(run["kind"], run["started"], codec.iso(seen) if seen is not None else "")
        case "failed":
            errors = [error for error in report.get("errors", {}).values() if error != PAUSED]
            return "; ".join(_errors(report)) if errors else _said(report.get("reason", ""))
        case "partial":
            return "; ".join(_leftovers(report, objections))
        case "held":
            return str(report.get("reason", ""))
    return ""


def _cut_off(kind: str, started: str, seen: str) -> str:
    when = f"was last seen alive at {_at(seen)}" if seen > started else f"began at {_at(started)}"
    on = _GOES_ON.get(kind, "the next sync goes on from there")
    return f"it was interrupted: it {when}. Nothing is lost, {on}"


def _at(time: str) -> str:
    return f"{time[:19].replace('T', ' ')} UTC"


def _said(reason: str) -> str:
    return "it was stopped by Ctrl-C" if reason.startswith(CTRL_C) else reason


def _errors(report: Mapping[str, Any]) -> list[str]:
    return [of_app(app, error) for app, error in report.get("errors", {}).items()]


def _leftovers(report: Mapping[str, Any], objections: Mapping[str, str]) -> list[str]:
    """All that makes a run partial, most telling first. `objections`: app -> what it said where a write
    failed."""
    parts = _errors(report)
    for app, row in report.get("apps", {}).items():
        if row["failed"]:
            why = f" ({objections[app]})" if objections.get(app) else ""
            parts.append(f"{app}: {counted(row['failed'], 'record', 'records')} failed{why}")
    parts += [
        f"{one['reason']}: {counted(one['records'], 'person keeps', 'people keep')} the tag"
        if one.get("tag")
        else f"{one['app']}: {one['field']}: {one['reason']}"
        for one in report.get("stopped", ())
    ]
    if report.get("left_out"):
        left = counted(report["left_out"], "change", "changes")
        parts.append(f"{left} of the approved plan did not hold any more")
    if report.get("leftovers") and not parts:
        left = counted(report["leftovers"], "record", "records")
        parts.append(f"{left} could not be brought up to date; the next run tries again")
    return parts
