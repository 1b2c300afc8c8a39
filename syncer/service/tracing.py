"""Traces by OpenTelemetry, where it is installed (the extra `otel`) and the environment names a collector
(OTEL_EXPORTER_OTLP_ENDPOINT, in the terms of OpenTelemetry's specification). A span a job, and in it one an
app for each time that its calls are driven. Attributes name syncs, apps and numbers; nothing of a
customer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from syncer.logs import log
from syncer.ports import Call, Ports, Task, Threads

R = TypeVar("R")
WANTED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Span = Callable[..., AbstractContextManager[Any]]


def configured() -> Any | None:
    """OpenTelemetry's tracer, where traces are wanted; None where not, or where it is not installed."""
    if not any(os.environ.get(name) for name in WANTED):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log().warning("traces are wanted, but OpenTelemetry is not installed: pip install 'syncer[otel]'")
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "syncer"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("syncer")


def no_span(name: str, **said: Any) -> AbstractContextManager[Any]:
    return nullcontext()


def span_of(tracer: Any | None) -> Span:
    """What opens a span: `span("job", sync="contacts")`; nothing where there is no tracer. The text of an
    error is not kept: it may quote a record."""
    if tracer is None:
        return no_span

    def span(name: str, **said: Any) -> AbstractContextManager[Any]:
        opened: AbstractContextManager[Any] = tracer.start_as_current_span(
            name, attributes=said, record_exception=False, set_status_on_exception=False
        )
        return opened

    return span


def traced(ports: Ports, tracer: Any | None) -> Ports:
    """The same ports; what is driven opens spans."""
    return ports if tracer is None else replace(ports, workers=Traced(tracer))


class Traced(Threads):
    """Each task is a span under the one that is open, with the number of calls that it made."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    def drive(self, tasks: Mapping[str, Task[R]]) -> dict[str, R]:
        with self._spans(tasks) as counted:
            return super().drive(counted)

    @contextmanager
    def _spans(self, tasks: Mapping[str, Task[R]]) -> Iterator[dict[str, Task[R]]]:
        spans = {name: self._tracer.start_span(f"app {name.partition(' ')[0]}") for name in tasks}
        try:
            yield {name: _counted(task, spans[name]) for name, task in tasks.items()}
        finally:
            for span in spans.values():
                span.end()


def _counted(task: Task[R], span: Any) -> Task[R]:
    """The task as it is; its span knows how many calls it made, and ends with it."""
    calls, answer, error = 0, None, None
    while True:
        try:
            call: Call = task.throw(error) if error is not None else task.send(answer)
        except StopIteration as end:
            span.set_attribute("calls", calls)
            span.end()
            result: R = end.value
            return result
        calls += 1
        answer, error = None, None
        try:
            answer = yield call
        except Exception as raised:
            error = raised
