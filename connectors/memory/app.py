"""A complete app in this process: its records, what its users do, and what its API answers.

Everything is deterministic: time comes from `now`, chance from `rng`, ids are counted. Rows are shared and
never changed, so a call costs what it touches. `log` is the truth to hold a sync against.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from connectors.contract import FieldSpec, Value
from connectors.memory.faults import Flaky
from connectors.memory.index import EPOCH, Index, Position, Row
from connectors.memory.traits import Traits, coerce, complaint, consent_field
from connectors.values import elements

Who = Literal["user", "sync"]
Action = Literal["create", "edit", "touch", "archive", "restore", "delete", "merge"]


class Refused(Exception):
    """The app does not do this; `fields` says why, by field. Nothing was changed."""

    def __init__(self, reason: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = dict(fields or {})


class Taken(Refused):
    """Another record, `holder`, has this unique key."""

    def __init__(self, field: str, holder: str) -> None:
        super().__init__(f"another record has this {field}", {field: "another record has this value"})
        self.holder = holder


class Gone(Refused):
    """There is no live record with this id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done: the fields that it changed, as they were before and after."""

    seq: int
    at: datetime
    who: Who
    action: Action
    id: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    into: str | None = None


class MemoryApp:
    """One object of an app, with its users and its API.

    log          everything that was done, by whom; appended to, never changed
    mails        e-mails that writes by API made the app send
    before_call  called with the name of each call of the connector, before it has any effect:
                 the place to inject edits, crashes (by raising) and changes of the clock
    after_call   the same for ``write``, after the effect and before the connector sees the answer
    faults       what goes wrong, see `connectors.memory.faults`; None: nothing
    targets      the apps that reference fields point into, by object; without one, any id is taken
    """

    def __init__(
        self,
        traits: Traits,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
    ) -> None:
        self.traits = traits
        self.now = now
        self.account = traits.account
        self.fields: dict[str, FieldSpec] = {spec.name: spec for spec in traits.fields}
        if traits.external_id:
            self.fields.setdefault(traits.external_id, FieldSpec(traits.external_id))
        self.rows: dict[str, Row] = {}
        self.log: list[Entry] = []
        self.mails = 0
        self.calls = 0
        self.before_call: Callable[[str], None] | None = None
        self.after_call: Callable[[str], None] | None = None
        self.faults: Flaky | None = None
        self.targets: dict[str, MemoryApp] = {}
        self._rng = rng or random.Random(0)
        self._holders: dict[tuple[str, str], str] = {}
        listed = frozenset({"live", "archived"} if traits.lists_archived else {"live"})
        by_time = traits.feed == "changes"
        self._index = Index(lambda row: (row.stamp if by_time else EPOCH, row.id), listed)

    # What the app's users do, at any moment.

    @property
    def records(self) -> dict[str, Mapping[str, Value]]:
        """The live records: id -> values; blanks are None. Not to be changed."""
        return {id: row.values for id, row in self.rows.items() if row.state == "live"}

    def user_create(self, values: Mapping[str, Value]) -> str:
        """A person makes a record; `Taken` where a unique key is in use."""
        return self.create(values, "user").id

    def user_edit(self, id: str, values: Mapping[str, Value]) -> None:
        """A person changes fields; `Taken` where a unique key is in use, `Gone` without a live record."""
        self.edit(id, values, "user")

    def user_clear(self, id: str, *fields: str) -> None:
        self.edit(id, dict.fromkeys(fields), "user")

    def user_archive(self, id: str) -> None:
        self.archive(id, "user")

    def user_restore(self, id: str) -> None:
        """Bring a record back out of the archive, under the same id."""
        row = self.rows.get(id)
        if row is None or row.state != "archived":
            raise Gone("no archived record has this id")
        self._put(replace(row, state="live"), "user", "restore")

    def user_delete(self, id: str) -> None:
        """Delete for good, also out of the archive. The record's keys become free."""
        row = self.rows.get(id)
        if row is None or row.state not in ("live", "archived"):
            raise Gone("no record has this id")
        self._release(row)
        self._put(replace(row, state="deleted", values={}, stamps={}, other_keys={}), "user", "delete")

    def user_merge(self, loser: str, winner: str, new_id: bool = False) -> str:
        """Join two records: the winner's values, its blanks filled from the loser, which adds its unique keys
        as other keys. The id that lives on: the winner's, or with `new_id` a new one for both."""
        lost, won = self._live(loser), self._live(winner)
        values = {name: lost.values[name] if value is None else value for name, value in won.values.items()}
        into = self._next_id() if new_id else winner
        merged = replace(won, id=into, values=values, other_keys=self._joined_keys(won, lost, values))
        self._release(lost)
        self._release(won)
        self._put(replace(lost, state="merged", into=into, values={}), "user", "merge")
        if new_id:
            self._put(replace(won, state="merged", into=into, values={}), "user", "merge")
        self._put(merged, "user", "edit" if into == winner else "create")
        self._hold(merged)
        return into

    def user_touch(self, ids: Iterable[str] | None = None) -> None:
        """Move the stamps of records (default: all) and nothing else, as a bulk job in the app does."""
        for id in list(self.records if ids is None else ids):
            self._put(self._live(id), "user", "touch")

    def drop_field(self, name: str) -> None:
        """The app's admin removes a field; its values are not shown any more."""
        del self.fields[name]

    def drop_group(self, field: str, name: str) -> None:
        """The app's admin removes a group: it is shown of nobody any more."""
        self._keep_groups(field, [group for group in self.fields[field].options if group != name])
        for id, values in list(self.records.items()):
            if name in (held := elements(values.get(field))):
                self.user_edit(id, {field: [group for group in held if group != name]})

    def rename_group(self, field: str, was: str, now: str) -> None:
        """The admin gives a group another name; whoever is in it stays in it."""
        self._keep_groups(field, [now if group == was else group for group in self.fields[field].options])
        for id, values in list(self.records.items()):
            if was in (held := elements(values.get(field))):
                self.user_edit(id, {field: [now if group == was else group for group in held]})

    def add_fields(self, fields: Iterable[FieldSpec]) -> None:
        self.fields.update((spec.name, spec) for spec in fields)

    # What the API does. `who` tells the log whose doing it was.

    def begin(self, call: str) -> None:
        """One call of the API begins."""
        self.calls += 1
        if self.before_call is not None:
            self.before_call(call)

    def end(self, call: str) -> None:
        """The effect of the call is there; its answer is not."""
        if self.after_call is not None:
            self.after_call(call)

    def page(self, position: Position | None) -> tuple[list[Row], Position | None]:
        """The listed rows after a position, and the position after these; None at the end."""
        self._index.surface(self.now())
        rows, more = self._index.after(position, self.traits.page_size)
        last = (rows[-1].stamp if self.traits.feed == "changes" else EPOCH, rows[-1].id) if more else None
        return (rows if self.traits.lists_lag else self._as_of_now(rows)), last

    def horizon(self) -> datetime:
        """Changes with an earlier stamp are all visible by now, and no further ones will get such a stamp."""
        return self._rounded(self.now() - timedelta(seconds=self.traits.lag))

    def find(self, field: str, values: Sequence[str]) -> list[Row]:
        """The rows, archived ones too, that hold one of the values in a unique field."""
        keys = {self._key(value) for value in values}
        if self.traits.find_lags:
            self._index.surface(self.now())
            return [row for row in self._index if not keys.isdisjoint(self._keys(row, field))]
        holders = {self._holders.get((field, key)) for key in sorted(keys)} - {None}
        return [self.rows[id] for id in sorted(holder for holder in holders if holder)]

    def create(self, values: Mapping[str, Value], who: Who) -> Row:
        """Make a record; `Taken` with the id of the record that has one of its unique keys."""
        self._check(values, {}, who, creating=True)
        clean = self._clean(values)
        if all(value is None for value in clean.values()):
            raise Refused("a record without any value")
        blank: dict[str, Value] = dict.fromkeys(self.fields)
        row = Row(self._next_id(), blank | self._consent_on_new() | clean, self.now(), 0)
        self._check_keys(row)
        self._hold(row)
        return self._put(row, who, "create")

    def edit(self, id: str, values: Mapping[str, Value], who: Who) -> Row:
        """Change the named fields; no new version where nothing differs."""
        row = self._live(id)
        self._check(values, row.values, who, creating=False)
        changed = {k: v for k, v in self._clean(values).items() if v != row.values.get(k)}
        if not changed:
            return row
        new = replace(row, values={**row.values, **changed})
        self._check_keys(new)
        self._release(row)
        self._hold(new)
        return self._put(new, who, "edit")

    def archive(self, id: str, who: Who) -> Row:
        """Put a record in the archive. It goes on owning its unique keys."""
        if self.traits.archive == "none":
            raise Refused("this app has no archive")
        return self._put(replace(self._live(id), state="archived"), who, "archive")

    # How it is done.

    def _live(self, id: str) -> Row:
        row = self.rows.get(id)
        if row is None or row.state != "live":
            raise Gone("no live record has this id")
        return row

    def _put(self, row: Row, who: Who, action: Action) -> Row:
        """Stamp the row, make it the current version, log it, and let the index show it after the lag."""
        now = self.now()
        old = self.rows.get(row.id)
        before = old.values if old else {}
        changed = [k for k in {**before, **row.values} if before.get(k) != row.values.get(k)]
        stamp = self._rounded(now)
        stamps = {**row.stamps, **dict.fromkeys(changed, stamp)} if self.traits.field_stamps else {}
        row = replace(row, stamp=stamp, revision=len(self.log), stamps=stamps)
        was = {k: before.get(k) for k in changed}
        became = {k: row.values.get(k) for k in changed}
        self.log.append(Entry(len(self.log), now, who, action, row.id, was, became, row.into))
        self.rows[row.id] = row
        lag = self.traits.lag * (self._rng.random() if self.traits.jitter else 1.0)
        self._index.add(row, now + timedelta(seconds=lag))
        consent = consent_field(self.fields)
        self.mails += who == "sync" and consent in changed and became[consent] in self.traits.mails_on
        return row

    def _as_of_now(self, rows: list[Row]) -> list[Row]:
        """The same records in their current versions, without those that are no longer listed."""
        lists = {"live", "archived"} if self.traits.lists_archived else {"live"}
        return [now for row in rows if (now := self.rows[row.id]).state in lists]

    def _rounded(self, at: datetime) -> datetime:
        grain = timedelta(seconds=self.traits.granularity)
        return at - (at - EPOCH) % grain if grain else at

    def _next_id(self) -> str:
        return f"{len(self.rows) + 1:06d}"

    def _consent_on_new(self) -> dict[str, Value]:
        name, state = consent_field(self.fields), self.traits.consent_on_new
        if name is None or state is None:
            return {}
        return {name: next(value for value, means in self.fields[name].consent.items() if means == state)}

    def _clean(self, values: Mapping[str, Value]) -> dict[str, Value]:
        clean = {}
        for name, value in values.items():
            value = list(value) if isinstance(value, list) else value
            if self.fields[name].groups:  # one that is not there yet is made
                self._keep_groups(name, dict.fromkeys((*self.fields[name].options, *elements(value))))
            clean[name] = coerce(value, self.fields[name].coerce + self.traits.quirks.get(name, ()))
        return clean

    def _keep_groups(self, field: str, names: Iterable[str]) -> None:
        self.fields[field] = replace(self.fields[field], options=tuple(names))

    def _check(self, values: Mapping[str, Value], old: Mapping[str, Value], who: Who, creating: bool) -> None:
        wrong = {name: "no such field" for name in values if name not in self.fields}
        if who == "sync":
            for name in values.keys() - wrong.keys():
                if why := self._refusal(name, values[name], old.get(name), creating):
                    wrong[name] = why
            for group in self.traits.needs if creating else ():
                if all(values.get(name) in (None, "") for name in group):
                    wrong |= dict.fromkeys(group, "needed")
        if wrong:
            raise Refused("some fields were refused", dict(sorted(wrong.items())))

    def _refusal(self, name: str, value: Value, old: Value, creating: bool) -> str | None:
        spec = self.fields[name]
        if spec.writable == "no" or (spec.writable == "create" and not creating):
            return "cannot be written"
        if spec.kind == "consent" and value != old and (value is None or old in self.traits.locked):
            return "only the person can lift this"
        target = self.targets.get(spec.reference)
        if target is not None and value is not None and value not in target.records:
            return f"no such record in {spec.reference}"
        return complaint(spec, value)

    # Unique keys. `_holders` knows who has which; archived records keep theirs.

    def _key(self, value: Value) -> str:
        text = str(value).strip()
        return text if self.traits.case else text.casefold()

    def _keys(self, row: Row, field: str) -> list[str]:
        own = row.values.get(field)
        return [self._key(v) for v in (own, *row.other_keys.get(field, ())) if v is not None]

    def _pairs(self, row: Row) -> list[tuple[str, str]]:
        fields = (*self.traits.unique, *filter(None, [self.traits.external_id]))
        return [(field, key) for field in fields for key in self._keys(row, field)]

    def _check_keys(self, row: Row) -> None:
        for pair in self._pairs(row):
            holder = self._holders.get(pair)
            if holder not in (None, row.id):
                raise Taken(pair[0], str(holder))

    def _hold(self, row: Row) -> None:
        self._holders.update(dict.fromkeys(self._pairs(row), row.id))

    def _release(self, row: Row) -> None:
        for pair in self._pairs(row):
            self._holders.pop(pair, None)

    def _joined_keys(self, won: Row, lost: Row, values: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
        joined = {}
        for name in self.traits.unique:
            every = (*won.other_keys.get(name, ()), lost.values.get(name), *lost.other_keys.get(name, ()))
            others = tuple(str(key) for key in every if key not in (None, values.get(name)))
            if others:
                joined[name] = others
        return joined
