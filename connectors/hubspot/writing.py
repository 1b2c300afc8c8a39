"""HubSpot's writes: batches of 100 with a trace id for each input, then what no property holds: company
links, lists and opt-outs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

from connectors.answer import Answer
from connectors.batching import BatchRefused, fillable, in_batches
from connectors.contract import ObjectSpec, Record, Result, Value, Write
from connectors.http import Uncertain, after_effect
from connectors.hubspot.associations import PrimaryCompanies, link_body
from connectors.hubspot.connection import HubSpotHttp
from connectors.hubspot.consent import Preferences
from connectors.hubspot.errors import SCHEMA_CODES, refusal, refused_fields, traced
from connectors.hubspot.fields import COMPANY, LIFECYCLE, LISTS, OPT_OUT, ObjectFacts, encode
from connectors.hubspot.lists import Lists
from connectors.hubspot.records import Reader
from connectors.hubspot.search import search_values
from connectors.values import chunks, elements

Settled: TypeAlias = dict[str, dict[str, Value]]  # ref -> field -> value
Refused: TypeAlias = dict[str, dict[str, str]]  # ref -> field -> why
Step: TypeAlias = Callable[[Sequence[Write]], tuple[Settled, Refused]]

BATCH: Final = 100
REFUSED: Final = (400, 404, 409, 413)
IN: Final = {OPT_OUT: "only an opt-out can be written; HubSpot alone takes an opt-in"}
FORWARD: Final = {LIFECYCLE: "HubSpot moves this stage only forward; clear it first to set an earlier one"}
NOWHERE: Final = {OPT_OUT: "HubSpot keeps opt-outs by e-mail address, and this contact has none"}
STAYS: Final = "the person is opted out, and HubSpot does not take that for the new address"


class Writer:
    """Writes to one object. An update ends in at most: one read and the opt-outs of those whose address
    changes, one batch, one read and one write of company links for those that change the company, one write
    for each list that changes, one batch of opt-outs or one call for each."""

    def __init__(
        self,
        http: HubSpotHttp,
        path: str,
        facts: ObjectFacts,
        spec: ObjectSpec,
        companies: PrimaryCompanies,
        lists: Lists,
        preferences: Preferences,
    ) -> None:
        self._http = http
        self._path = path
        self._facts = facts
        self._spec = spec
        self._companies = companies
        self._lists = lists
        self._preferences = preferences
        self._apart = {COMPANY, LISTS, OPT_OUT} if facts.name == "contacts" else set()

    def write(self, writes: Sequence[Write]) -> list[Result]:
        if self._facts.read_only:
            why = f"{self._facts.name} are only read from HubSpot: take them out of what is written"
            return [Result(write.ref, "rejected", write.id, reason=why) for write in writes]
        fit, refused = fillable(self._spec, writes)
        by_kind = {
            kind: [write for write in fit if write.kind == kind] for kind in ("create", "update", "archive")
        }
        return [
            *refused,
            *in_batches(by_kind["create"], BATCH, self._create),
            *in_batches(by_kind["update"], BATCH, self._update),
            *in_batches(by_kind["archive"], BATCH, self._archive),
        ]

    def _create(self, writes: Sequence[Write]) -> list[Result]:
        taken = self._taken(writes)
        writes = [write for write in writes if write.ref not in taken]
        out, unmade = self._opt_out_first(writes)
        writes = [write for write in writes if write.ref not in unmade]
        results = self._send("create", writes, self._new)
        applied = {result.ref: str(result.id) for result in results if result.outcome == "applied"}
        created = [replace(write, id=applied[write.ref]) for write in writes if write.ref in applied]
        settled, refused = self._follow(created, (partial(self._opt_out, out=out), self._list))
        for write in created:
            if COMPANY in self._apart & write.values.keys():  # the batch carried it
                settled.setdefault(write.ref, {})[COMPANY] = write.values[COMPANY]
        return [
            *taken.values(),
            *unmade.values(),
            *(_with(one, settled.get(one.ref, {}), refused.get(one.ref, {})) for one in results),
        ]

    def _opt_out_first(self, writes: Sequence[Write]) -> tuple[set[str], dict[str, Result]]:
        """Opt out the addresses of new contacts before those are there: afterwards they could be mailed. The
        refs of those that are out, and whom a login that may opt nobody out must not make. What HubSpot
        refuses for another reason is asked for once more when the contact is there."""
        asked = [write for write in writes if OPT_OUT in self._apart and _leaves(write)]
        emails = {write.ref: str(write.values["email"]) for write in asked if write.values.get("email")}
        reasons = self._preferences.unsubscribe(emails.values())
        out = {ref for ref, email in emails.items() if email not in reasons}
        barred = self._preferences.barred
        left = emails.keys() - out if barred else ()
        return out, {ref: Result(ref, "rejected", reason=barred, fields={OPT_OUT: barred}) for ref in left}

    def _taken(self, writes: Sequence[Write]) -> dict[str, Result]:
        """Creates whose key exists, also earlier in the same batch, where HubSpot would make a second one."""
        name = self._facts.unguarded
        keys = {write.ref: str(write.values.get(name) or "").strip().lower() for write in writes if name}
        wanted = list(dict.fromkeys(key for key in keys.values() if key))
        owners: dict[str, str | None] = {}
        for item in search_values(self._http, self._path, name, wanted, [name]):
            owners[str(item["properties"].get(name) or "").lower()] = str(item["id"])
        taken: dict[str, Result] = {}
        for ref, key in keys.items():
            if key in owners:
                taken[ref] = Result(ref, "existed", owners[key], reason=f"a record with this {name} exists")
            elif key:
                owners[key] = None
        return taken

    def _new(self, write: Write) -> dict[str, Any]:
        body: dict[str, Any] = {"properties": self._properties(write, blanks=False)}
        company = write.values.get(COMPANY) if COMPANY in self._apart else None
        if company:
            body["associations"] = [link_body(str(company))]
        return body

    def _update(self, writes: Sequence[Write]) -> list[Result]:
        out, staying = self._carry_opt_outs(writes)
        writes = [write for write in writes if write.ref not in staying]
        plain = [write for write in writes if write.values.keys() - self._apart]
        sent = self._send(
            "update", plain, lambda write: {"id": write.id, "properties": self._properties(write)}
        )
        results = {result.ref: result for result in sent}
        for write in writes:
            if not write.values.keys() - self._apart:
                results[write.ref] = Result(write.ref, "applied", write.id, Record(str(write.id), {}))
        going = [
            write for write in writes if write.ref in results and results[write.ref].outcome == "applied"
        ]
        settled, refused = self._follow(going, (self._link, partial(self._opt_out, out=out), self._list))
        for write in going:
            lost = refused.get(write.ref, {})
            results[write.ref] = (
                _refused_whole(write, lost)
                if lost and lost.keys() == write.values.keys()
                else _with(results[write.ref], settled.get(write.ref, {}), lost)
            )
        return [*staying.values(), *results.values()]

    def _carry_opt_outs(self, writes: Sequence[Write]) -> tuple[set[str], dict[str, Result]]:
        """Opt-outs belong to an address, so a new one is opted out before a contact moves to it that is out,
        or is to be: afterwards it could be mailed. The refs of those that are out there, and whom HubSpot
        does not let take theirs along."""
        moving = {
            write.ref: write for write in writes if OPT_OUT in self._apart and write.values.get("email")
        }
        shown = self._shown([str(write.id) for write in moving.values()], OPT_OUT)
        held = {ref for ref, write in moving.items() if shown[str(write.id)] == "true"}
        emails = {ref: str(w.values["email"]) for ref, w in moving.items() if ref in held or _leaves(w)}
        reasons = self._preferences.unsubscribe(emails.values())
        lost = {ref: {"email": f"{STAYS}: {reasons[e]}"} for ref, e in emails.items() if e in reasons}
        staying = {ref: _refused_whole(moving[ref], why) for ref, why in lost.items() if ref in held}
        return emails.keys() - lost.keys(), staying

    def _follow(self, writes: Sequence[Write], steps: Sequence[Step]) -> tuple[Settled, Refused]:
        """What comes after the batch: by ref, the values that it settled and the fields that were refused."""
        settled: Settled = {}
        refused: Refused = {}
        with after_effect():
            for step in steps:
                done, lost = step(writes)
                for ref, values in done.items():
                    settled.setdefault(ref, {}).update(values)
                for ref, reasons in lost.items():
                    refused.setdefault(ref, {}).update(reasons)
        return settled, refused

    def _archive(self, writes: Sequence[Write]) -> list[Result]:
        inputs = [{"id": write.id} for write in writes]
        answer = self._http.write(
            "POST", f"{self._path}/batch/archive", body={"inputs": inputs}, allow=REFUSED
        )
        if answer.status in REFUSED:
            return self._all_refused(writes, answer)
        if answer.detail.get("errors"):  # some of them were not, and which ones need not be told
            raise Uncertain(self._http.redact(answer.detail["errors"][0].get("message") or "not all were"))
        return [Result(write.ref, "applied", write.id) for write in writes]

    def _send(
        self, verb: str, writes: Sequence[Write], body: Callable[[Write], dict[str, Any]]
    ) -> list[Result]:
        """One batch; fields that the account lacks are set aside at once, other refusals narrowed down."""
        if not writes:
            return []
        inputs = [{**body(write), "objectWriteTraceId": write.ref} for write in writes]
        answer = self._http.write(
            "POST", f"{self._path}/batch/{verb}", body={"inputs": inputs}, allow=REFUSED
        )
        if answer.status not in REFUSED:
            return self._matched(writes, answer.detail)
        refused = refused_fields(answer.detail, self._http.redact)
        lacking = {name: reason for name, (code, reason) in refused.items() if code in SCHEMA_CODES}
        hit = [write for write in writes if write.values.keys() & lacking.keys()]
        if not hit:
            return self._all_refused(writes, answer)
        rejected = [refusal(write, answer.detail, self._http.redact) for write in hit]
        return rejected + self._send(verb, [write for write in writes if write not in hit], body)

    def _all_refused(self, writes: Sequence[Write], answer: Answer) -> list[Result]:
        if len(writes) > 1:
            raise BatchRefused(self._http.redact(answer.detail.get("message") or "refused"))
        return [refusal(writes[0], answer.detail, self._http.redact)]

    def _matched(self, writes: Sequence[Write], body: Mapping[str, Any]) -> list[Result]:
        """Answers come in any order: by trace id, record id, or the values that identify a record."""
        names: dict[str, Write] = {}
        for write in writes:
            for name in (write.ref, write.id, self._identity(write.values)):
                if name:
                    names.setdefault(name, write)
        results: dict[str, Result] = {}
        for item in body.get("results") or ():
            keys = (
                item.get("objectWriteTraceId"),
                item.get("id"),
                self._identity(item.get("properties") or {}),
            )
            found = next((names[key] for key in keys if key in names), None)
            if found is not None:
                record = Reader.of(self._facts, self._spec, self._sent(found)).partial(item, {})
                stayed = FORWARD if _stayed(found, record) else {}
                results[found.ref] = _with(Result(found.ref, "applied", str(item["id"]), record), {}, stayed)
        for error in body.get("errors") or ():
            for write in {names[key].ref: names[key] for key in traced(error) if key in names}.values():
                results.setdefault(write.ref, refusal(write, error, self._http.redact))
        return list(results.values())

    def _identity(self, values: Mapping[str, Any]) -> str:
        parts = [str(values.get(name) or "").strip().lower() for name in self._facts.identity]
        return "\n".join(parts) if any(parts) else ""

    def _sent(self, write: Write) -> list[str]:
        return [name for name in write.values if name not in self._apart]

    def _properties(self, write: Write, blanks: bool = True) -> dict[str, str]:
        """Encoded properties; a create needs no clearing."""
        encoded = {name: encode(write.values[name]) for name in self._sent(write)}
        return {name: text for name, text in encoded.items() if text or blanks}

    def _link(self, writes: Sequence[Write]) -> tuple[Settled, Refused]:
        """Set or clear primary companies."""
        moved = [write for write in writes if COMPANY in self._apart & write.values.keys()]
        if not moved:
            return {}, {}
        refused = self._companies.link(
            [(str(w.id), str(w.values[COMPANY])) for w in moved if w.values[COMPANY]]
        )
        cleared = [str(write.id) for write in moved if not write.values[COMPANY]]
        if cleared:
            refused |= self._companies.unlink(list(self._companies.of(cleared).items()))
        return _sorted_out(COMPANY, [(w, w.values[COMPANY] or None) for w in moved], refused)

    def _list(self, writes: Sequence[Write]) -> tuple[Settled, Refused]:
        """Bring contacts to exactly the lists that the writes name."""
        moved = [write for write in writes if LISTS in self._apart & write.values.keys()]
        if not moved:
            return {}, {}
        refused = self._lists.put({str(write.id): elements(write.values[LISTS]) for write in moved})
        return _sorted_out(LISTS, [(w, sorted(elements(w.values[LISTS])) or None) for w in moved], refused)

    def _opt_out(self, writes: Sequence[Write], out: Collection[str]) -> tuple[Settled, Refused]:
        """Unsubscribe whom the writes say, save who is `out` by now."""
        asked = [write for write in writes if OPT_OUT in self._apart & write.values.keys()]
        refused = {write.ref: IN for write in asked if not _leaves(write)}
        leaving = [write for write in asked if write.ref not in refused and write.ref not in out]
        emails = self._emails(leaving)
        going = {write.ref: emails[str(write.id)] for write in leaving if emails.get(str(write.id))}
        refused |= {write.ref: NOWHERE for write in leaving if write.ref not in going}
        reasons = self._preferences.unsubscribe(going.values())
        refused |= {ref: {OPT_OUT: reasons[email]} for ref, email in going.items() if email in reasons}
        return {write.ref: {OPT_OUT: "true"} for write in asked if write.ref not in refused}, refused

    def _emails(self, writes: Sequence[Write]) -> dict[str, str]:
        """record id -> address, read where the write itself does not hold it."""
        known = {str(write.id): str(write.values["email"]) for write in writes if write.values.get("email")}
        unknown = [str(write.id) for write in writes if str(write.id) not in known]
        return {**known, **self._shown(unknown, "email")}

    def _shown(self, contacts: Sequence[str], name: str) -> dict[str, str]:
        """record id -> what it holds in a property, an empty text where that is nothing."""
        shown = dict.fromkeys(contacts, "")
        for ids in chunks(contacts, BATCH):
            body = {"properties": [name], "inputs": [{"id": id} for id in ids]}
            answer = self._http.read_batch(f"{self._path}/batch/read", body)
            shown |= {str(item["id"]): item["properties"].get(name) or "" for item in _items(answer)}
        return shown


def _leaves(write: Write) -> bool:
    """Whether a write opts somebody out."""
    return encode(write.values.get(OPT_OUT)) == "true"


def _stayed(write: Write, record: Record) -> bool:
    """A success that changed nothing: the stage of a contact does not go back."""
    wanted = write.values.get(LIFECYCLE)
    return bool(wanted) and record.values.get(LIFECYCLE, wanted) != wanted


def _sorted_out(
    field: str, wanted: Sequence[tuple[Write, Value]], refused: Mapping[str, str]
) -> tuple[Settled, Refused]:
    """By ref, from reasons by record id."""
    settled: Settled = {write.ref: {field: value} for write, value in wanted if write.id not in refused}
    return settled, {w.ref: {field: refused[str(w.id)]} for w, _ in wanted if w.id in refused}


def _items(answer: Answer) -> Iterable[dict[str, Any]]:
    return answer.detail.get("results") or ()


def _with(result: Result, extra: Mapping[str, Value], refused: Mapping[str, str]) -> Result:
    """The result with what the further calls settled, and what they were refused."""
    record = result.record
    if record is not None and extra:
        record = replace(record, values={**record.values, **extra})
    reason = _in_words(refused) or result.reason
    return replace(result, record=record, reason=reason, fields={**result.fields, **refused})


def _refused_whole(write: Write, refused: Mapping[str, str]) -> Result:
    return Result(write.ref, "rejected", write.id, reason=_in_words(refused), fields=refused)


def _in_words(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in refused.items())
