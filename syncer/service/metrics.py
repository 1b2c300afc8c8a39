"""Numbers for Prometheus: what was done since the start is counted here, how things stand is read from the
state when somebody asks. Names of apps, syncs and classes of calls are labels; nothing of a customer is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from syncer.service.view import View
from syncer.service.worker import Done

SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
GAUGES = {
    "lag_seconds": ("Seconds since the begin of the last whole read of an app", ("sync", "app")),
    "records": ("Records that are linked", ("sync", "app")),
    "golden_records": ("Golden records", ("sync",)),
    "conflicts_open": ("Conflicts that wait for a person", ("sync",)),
    "reviews_open": ("Doubtful matches that wait for a person", ("sync",)),
    "failures": ("Values and creates that an app refused", ("sync",)),
    "unwritten": ("Golden records with writes that are not done", ("sync",)),
    "held": ("1 while a plan waits for an answer", ("sync",)),
    "paused": ("1 while the sync is paused", ("sync",)),
    "last_success_timestamp_seconds": ("When the last run that succeeded began", ("sync",)),
    "drift": ("Values that differed at the last full comparison", ("sync", "app")),
    "api_calls_left": ("Calls that a limit of the app leaves just now", ("app", "rate")),
    "api_calls_today": ("Calls made since midnight UTC", ("app", "rate")),
}


class Metrics:
    """Counts what is done; `text` gives all of it."""

    def __init__(self, view: View) -> None:
        self._registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self._registry}
        self._runs = Counter("syncer_runs", "Runs that ended", ["sync", "kind", "status"], **made)
        self._seconds = Histogram("syncer_run_seconds", "Length of runs", ["sync"], buckets=SECONDS, **made)
        self._read = Counter("syncer_records_read", "Records read", ["sync", "app"], **made)
        self._writes = Counter(
            "syncer_writes", "Writes by what became of them", ["sync", "app", "kind"], **made
        )
        self._calls = Counter("syncer_api_calls", "Calls made in runs", ["sync", "app"], **made)
        self._conflicts = Counter("syncer_conflicts", "Conflicts logged", ["sync"], **made)
        self._hooks = Counter(
            "syncer_webhooks", "Webhooks by what became of them", ["app", "outcome"], **made
        )
        self._registry.register(_Standing(view))

    def told(self, done: Done) -> None:
        report, name = done.report, done.job.sync
        if report is None:
            self._runs.labels(name, done.job.kind, "failed" if done.error else "done").inc()
            return
        self._runs.labels(name, done.job.kind, report.status).inc()
        self._seconds.labels(name).observe(report.seconds)
        self._conflicts.labels(name).inc(report.conflicts)
        for app, row in report.apps.items():
            self._read.labels(name, app).inc(row.read)
            self._calls.labels(name, app).inc(row.calls)
            for kind in ("created", "updated", "archived", "failed"):
                self._writes.labels(name, app, kind).inc(getattr(row, kind))

    def received(self, app: str, outcome: str) -> None:
        self._hooks.labels(app, outcome).inc()

    def text(self) -> bytes:
        """In Prometheus' own form. Raises `StateError`."""
        return generate_latest(self._registry)


class _Standing(Collector):
    def __init__(self, view: View) -> None:
        self._view = view

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from _gauges().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = _gauges()
        for name, labels, value in _standing(self._view.syncs()):
            found[name].add_metric(labels, value)
        yield from found.values()


def _gauges() -> dict[str, GaugeMetricFamily]:
    return {n: GaugeMetricFamily(f"syncer_{n}", told, labels=by) for n, (told, by) in GAUGES.items()}


def _standing(syncs: list[dict[str, Any]]) -> Iterator[tuple[str, list[str], float]]:
    """(gauge, labels, value). Pure."""
    budgets: dict[tuple[str, str], dict[str, Any]] = {}
    for one in syncs:
        name = one["sync"]
        yield "golden_records", [name], one["golden"]
        yield "conflicts_open", [name], one["held_conflicts"]
        yield "reviews_open", [name], len(one["reviews"])
        yield "failures", [name], len(one["refused"])
        yield "unwritten", [name], one["unwritten"]
        yield "held", [name], float(one["held"] is not None)
        yield "paused", [name], float(one["paused"])
        if one["last_success"] is not None:
            at = datetime.fromisoformat(one["last_success"]).timestamp()
            yield "last_success_timestamp_seconds", [name], at
        for app, number in (one["verified"] or {}).get("drift", {}).items():
            yield "drift", [name, app], number
        for app, said in one["apps"].items():
            yield "records", [name, app], said["linked"]
            if said["lag"] is not None:
                yield "lag_seconds", [name, app], said["lag"]
            budgets.update({(app, rate): state for rate, state in said["budget"].items()})
    for (app, rate), state in budgets.items():
        yield "api_calls_left", [app, rate], state["left"]
        yield "api_calls_today", [app, rate], state["today"]
