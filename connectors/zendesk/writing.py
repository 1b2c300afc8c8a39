"""Zendesk's writes: jobs of 100 where there are many, single calls where there are few or jobs are off;
then addresses and organizations; then one read, because a job does not say how the records now stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from connectors.batching import fillable, in_batches
from connectors.contract import AppError, ObjectSpec, Record, Result, Value, Write
from connectors.http import Http, after_effect
from connectors.values import elements
from connectors.zendesk.errors import from_answer, from_job
from connectors.zendesk.fields import ORGANIZATION, ObjectFacts, body_of
from connectors.zendesk.jobs import BulkOff, Jobs, by_position
from connectors.zendesk.people import FEW, Identities, Memberships
from connectors.zendesk.records import Reader

BATCH: Final = 100
REFUSED: Final = (400, 404, 409, 413, 422)


class Writer:
    """Writes to one object. `bulk` is whether jobs may be used; found out, it stays known."""

    def __init__(self, http: Http, facts: ObjectFacts, spec: ObjectSpec, jobs: Jobs, bulk: bool) -> None:
        self.bulk = bulk
        self._http = http
        self._facts = facts
        self._spec = spec
        self._jobs = jobs
        self._identities = Identities(http)
        self._memberships = Memberships(http, jobs)
        self._apart = {"email", ORGANIZATION} if facts.name == "users" else set()

    def write(self, writes: Sequence[Write]) -> list[Result]:
        fit, refused = fillable(self._spec, writes)
        by_kind = {kind: [w for w in fit if w.kind == kind] for kind in ("create", "update", "archive")}
        return [
            *refused,
            *in_batches(by_kind["create"], BATCH, self._create),
            *in_batches(by_kind["update"], BATCH, self._update),
            *in_batches(by_kind["archive"], BATCH, self._archive),
        ]

    def _create(self, writes: Sequence[Write]) -> list[Result]:
        bodies = [self._new(write) for write in writes]
        return self._read_back(writes, self._send("create", writes, bodies))

    def _new(self, write: Write) -> dict[str, Any]:
        filled = {name: value for name, value in write.values.items() if value not in (None, "", [])}
        body = body_of(self._facts, filled)
        if self._facts.name == "users":
            body["skip_verify_email"] = True  # else Zendesk writes to the person
        return body

    def _update(self, writes: Sequence[Write]) -> list[Result]:
        plain = [write for write in writes if write.values.keys() - self._apart]
        bodies = [body_of(self._facts, self._own(write)) for write in plain]
        results = {result.ref: result for result in self._send("update", plain, bodies)}
        for write in writes:
            if write not in plain:
                results[write.ref] = Result(write.ref, "applied", write.id)
        applied = {ref for ref, result in results.items() if result.outcome == "applied"}
        going = [write for write in writes if write.ref in applied]
        with after_effect():
            refused = self._people(going)
        for write in going:
            if self._apart & write.values.keys():
                results[write.ref] = _after(write, refused.get(write.ref, {}))
        return self._read_back(writes, list(results.values()))

    def _own(self, write: Write) -> dict[str, Value]:
        """What the record itself is given. A choice is a tag of the record as well, which goes with it: sent
        along, that of the choice before would stay."""
        own = {name: value for name, value in write.values.items() if name not in self._apart}
        if "tags" in own:
            left = {tag for name in own for tag in self._left(write, name)}
            own["tags"] = [tag for tag in elements(own["tags"]) if tag not in left]
        return own

    def _left(self, write: Write, name: str) -> set[str]:
        """The choices that a write takes away from a field which shows them among the tags."""
        field = self._spec.fields.get(name)
        if field is None or not field.joins:
            return set()
        before, after = (_choices(values.get(name)) for values in (write.before, write.values))
        return (before - after) & set(field.options)

    def _people(self, writes: Sequence[Write]) -> dict[str, dict[str, str]]:
        """Addresses and organizations of existing users: ref -> refused fields."""
        refused: dict[str, dict[str, str]] = {}

        def note(write: Write, name: str, why: str | None) -> None:
            if why:
                refused.setdefault(write.ref, {})[name] = why

        for write in writes:
            if "email" in self._apart & write.values.keys():
                email = str(write.values["email"] or "")
                why = "Zendesk does not let a user's primary address be cleared"
                note(write, "email", self._identities.make_primary(str(write.id), email) if email else why)
        moved = [write for write in writes if ORGANIZATION in self._apart & write.values.keys()]
        joining = [(str(w.id), str(w.values[ORGANIZATION])) for w in moved if w.values[ORGANIZATION]]
        reasons = self._memberships.make_default(joining)
        for write in moved:
            left = not write.values[ORGANIZATION]
            user = str(write.id)
            note(write, ORGANIZATION, self._memberships.clear_default(user) if left else reasons.get(user))
        return refused

    def _archive(self, writes: Sequence[Write]) -> list[Result]:
        if len(writes) > FEW:
            ids = ",".join(str(write.id) for write in writes)
            try:
                outcomes = self._jobs.run("DELETE", f"/{self._facts.name}/destroy_many", params={"ids": ids})
                return self._told(writes, outcomes)
            except BulkOff:
                pass

        def alone(batch: Sequence[Write]) -> list[Result]:
            return [self._single(batch[0], "DELETE", f"/{self._facts.name}/{batch[0].id}", None)]

        return in_batches(writes, 1, alone)

    def _send(self, verb: str, writes: Sequence[Write], bodies: Sequence[dict[str, Any]]) -> list[Result]:
        """The writes as one job, or one by one."""
        plural, method = self._facts.name, "POST" if verb == "create" else "PUT"
        if self.bulk and len(writes) > FEW:
            try:
                items = [
                    {"id": int(write.id), **body} if write.id else body
                    for write, body in zip(writes, bodies, strict=True)
                ]
                return self._told(
                    writes, self._jobs.run(method, f"/{plural}/{verb}_many", body={plural: items})
                )
            except BulkOff:
                self.bulk = False
        by_ref = {write.ref: {self._facts.one: body} for write, body in zip(writes, bodies, strict=True)}

        def alone(batch: Sequence[Write]) -> list[Result]:
            write = batch[0]
            path = f"/{plural}/{write.id}" if write.id else f"/{plural}"
            return [self._single(write, method, path, by_ref[write.ref])]

        return in_batches(writes, 1, alone)

    def _single(self, write: Write, method: str, path: str, body: Any) -> Result:
        updates = method == "PUT" and self._facts.name == "users"
        rates = ("general", "update_user") if updates else ("general",)
        allow = REFUSED if write.kind == "create" else (403, *REFUSED)  # 403: a user that is shared
        answer = self._http.write(method, path, body=body, allow=allow, rates=rates)
        if answer.status >= 400:
            return from_answer(write, answer, self._facts, self._http.redact)
        item = answer.detail.get(self._facts.one) or {}
        if item.get("id"):
            return Result(write.ref, "applied", write.id or str(item["id"]), self._record(write, item))
        if method == "DELETE":
            return Result(write.ref, "applied", write.id)
        return Result(write.ref, "unknown", write.id, reason="Zendesk's answer holds no id")

    def _told(self, writes: Sequence[Write], outcomes: Sequence[Mapping[str, Any]]) -> list[Result]:
        results: list[Result] = []
        for at, outcome in by_position(outcomes, [write.id for write in writes]).items():
            write = writes[at]
            if outcome.get("error") or outcome.get("success") is False:
                results.append(from_job(write, outcome, self._facts, self._http.redact))
            elif write.id or outcome.get("id"):
                results.append(Result(write.ref, "applied", write.id or str(outcome["id"])))
        return results

    def _read_back(self, writes: Sequence[Write], results: Sequence[Result]) -> list[Result]:
        """Results with the records as they now stand; one read for those whose answer did not say."""
        sent = {write.ref: write for write in writes}
        silent = [r for r in results if r.outcome == "applied" and r.record is None]
        if not silent:
            return list(results)
        ids = ",".join(str(result.id) for result in silent)
        try:
            answer = self._http.read("GET", f"/{self._facts.name}/show_many", params={"ids": ids})
            items = {str(item.get("id")): item for item in answer.items(self._facts.name)}
        except AppError:
            return list(results)  # applied all the same; the next read shows how
        shown = {r.ref: items[str(r.id)] for r in silent if r.id in items}
        known = {ref: self._record(sent[ref], item) for ref, item in shown.items()}
        told = [replace(r, record=known[r.ref]) if r.ref in known else r for r in results]
        return [_mixed_up(r) if _is_other(sent[r.ref], shown.get(r.ref)) else r for r in told]

    def _record(self, write: Write, item: Mapping[str, Any]) -> Record:
        return Reader(self._facts, self._spec, write.values).record(item)


def _is_other(write: Write, item: Mapping[str, Any] | None) -> bool:
    """Whether a record that is said to be a new one has another external id than that was given: a job that
    names its outcomes neither by place nor in order."""
    given = write.values.get("external_id") if write.kind == "create" and item is not None else None
    return bool(given) and str((item or {}).get("external_id")).lower() != str(given).strip().lower()


def _mixed_up(result: Result) -> Result:
    return Result(result.ref, "unknown", reason="Zendesk's job does not say which of the records this is")


def _choices(value: Value) -> set[str]:
    return {value} if isinstance(value, str) else set(elements(value))


def _after(write: Write, refused: Mapping[str, str]) -> Result:
    """An update whose further calls are done. It has no record yet: the answer to its first call does not
    show what was changed later."""
    outcome: Literal["applied", "rejected"] = (
        "rejected" if refused.keys() == write.values.keys() else "applied"
    )
    reason = "; ".join(f"{name}: {why}" for name, why in refused.items())
    return Result(write.ref, outcome, write.id, reason=reason, fields=refused)
