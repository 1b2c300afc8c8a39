"""Traces: a span a job and an app, which name nothing of a customer; none unless they are wanted."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from connectors.contract import Unavailable
from syncer.ports import Call, Ports
from syncer.service.tracing import WANTED, Traced, configured, span_of, traced


def task(number: int) -> Generator[Call, Any, int]:
    """So many calls, of which the first fails; what they answer is added up."""

    def away() -> int:
        raise Unavailable("ada@t.example is away")

    with pytest.raises(Unavailable):
        yield away
    total = 0
    for n in range(1, number):
        total += yield lambda n=n: n
    return total


def test_a_job_and_its_apps_are_spans() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    with span_of(tracer)("sync", sync="contacts"):
        found = Traced(tracer).drive({"crm": task(3), "mail 0": task(4)})
    assert found == {"crm": 3, "mail 0": 6}
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert {name: dict(span.attributes or {}) for name, span in spans.items()} == {
        "app crm": {"calls": 3},
        "app mail": {"calls": 4},
        "sync": {"sync": "contacts"},
    }
    job = spans["sync"].context
    assert job is not None
    assert {s.parent.span_id for s in spans.values() if s.parent} == {job.span_id}
    assert not any(span.events for span in spans.values())  # no text of an error


def test_nothing_is_traced_unless_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WANTED:
        monkeypatch.delenv(name, raising=False)
    assert configured() is None
    ports = Ports()
    assert traced(ports, None) is ports
    with span_of(None)("sync", sync="contacts") as span:
        assert span is None
