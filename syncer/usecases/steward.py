"""What a data steward does with doubtful matches: look, decide, take back, explain, look for duplicates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncer.forgotten import ERASED
from syncer.matching.explain import Evidence
from syncer.matching.keys import restored
from syncer.matching.lab import Judged
from syncer.matching.matcher import Decided, explained, match
from syncer.matching.told_apart import Pair, ToldApart
from syncer.matching.traits import Traits
from syncer.model import BLANK, LinkKey, Value
from syncer.store.database import Database
from syncer.store.decisions import Decisions, Verdict
from syncer.store.history import History
from syncer.store.ledger import Ledger
from syncer.store.records import Records

Review = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Twice:
    """One person in one app. `records`: that may become one, the survivor first; `apart`: those that seem to
    be the same, too, but a person said that they are not (record -> the pair of which that was said)."""

    records: list[LinkKey]
    apart: Mapping[LinkKey, Pair]


@dataclass(frozen=True, slots=True)
class Steward:
    """The reviews and decisions of one sync. `matching`: the kinds of keys that its records match by;
    `places`: app -> field of the mapping -> where it lives there; `unions`: sets of which all is kept."""

    db: Database
    space: str
    matching: Sequence[str]
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unions: Collection[str] = ()

    def reviews(self) -> list[Review]:
        """Doubtful matches that wait, the likeliest first. `id` names a review."""
        with self.db.reading():
            found = History(self.db).reviews(self.space)
        return [{"id": f"{r['app']}:{r['record']}", "sync": self.space, **r} for r in found]

    def review(self, record: LinkKey) -> Review | None:
        name = f"{record[0]}:{record[1]}"
        return next((r for r in self.reviews() if r["id"] == name), None)

    def side_by_side(self, review: Review) -> list[tuple[str, Value, Value]]:
        """What the two records hold in the fields that both apps have, in the apps' own forms."""
        one, other = (review["app"], review["record"]), (review["other_app"], review["other_record"])
        with self.db.reading():
            mine, theirs = self._held(one), self._held(other)
        names = [name for name in self.places.get(one[0], {}) if name in self.places.get(other[0], {})]
        rows = [(n, mine.get(self.places[one[0]][n]), theirs.get(self.places[other[0]][n])) for n in names]
        return [row for row in rows if row[1:] != (None, None)]

    def _held(self, key: LinkKey) -> Mapping[str, Value]:
        """What a record was last seen to hold, linked or waiting."""
        records, (app, id) = Records(self.db, self.space), key
        waiting, links = records.waiting(app, [id]), records.links(app, [id])
        return {**(links[id].seen if id in links else {}), **(waiting[id].values if id in waiting else {})}

    def answer(self, review: Review, verdict: Verdict, at: datetime) -> bool:
        """Remember the answer for ever; the next sync acts on it. False where this question waits no more:
        somebody else has answered it, or a run asks another one. Then nothing is changed."""
        one, other = (review["app"], review["record"]), (review["other_app"], review["other_record"])
        with self.db.transaction():
            now = self.review(one)
            if now is None or (now["other_app"], now["other_record"]) != other:
                return False
            if other[0] != ERASED:
                Decisions(self.db, self.space).decide(one, other, verdict, at)
            elif verdict == "together":  # nothing of it was kept, so the app is read from the start
                Ledger(self.db, self.space).read_again(one[0])
            Decisions(self.db, self.space).close(one, verdict)
        return True

    def decide(self, one: LinkKey, other: LinkKey, verdict: Verdict, at: datetime) -> None:
        """Remember it; a question about these two is answered by it."""
        with self.db.transaction():
            decisions, pair = Decisions(self.db, self.space), {one, other}
            decisions.decide(one, other, verdict, at)
            for r in self.reviews():
                if {(r["app"], r["record"]), (r["other_app"], r["other_record"])} == pair:
                    decisions.close((r["app"], r["record"]), verdict)
            if verdict == "together":  # whatever else was asked about them is asked in this light
                Ledger(self.db, self.space).reopen(pair)

    def take_back(self, record: LinkKey) -> int:
        """Forget what was decided about a record; how many that were. Its question may come again."""
        with self.db.transaction():
            decisions = Decisions(self.db, self.space)
            mine = [pair for pairs in decisions.pairs() for pair in pairs if record in pair]
            for one, other in mine:
                decisions.forget(one, other)
                decisions.drop_answered(one)
                decisions.drop_answered(other)
        return len(mine)

    def explain(self, one: LinkKey, other: LinkKey) -> Evidence | None:
        """The evidence on two known records; None where one of them is not known."""
        with self.db.reading():
            found = {t.key: t for t in self._traits([one, other])}
            weights = Decisions(self.db, self.space).weights(0)
        if one not in found or other not in found:
            return None
        return explained(found[one], found[other], weights)

    def judged(self, pairs: Sequence[tuple[LinkKey, LinkKey, bool]]) -> list[tuple[LinkKey, LinkKey, Judged]]:
        """How the weights in force judge pairs of which the truth is known; without those whose records are
        not known."""
        with self.db.reading():
            found = {t.key: t for t in self._traits([key for one, other, _ in pairs for key in (one, other)])}
            weights = Decisions(self.db, self.space).weights(0)
        return [
            (one, other, Judged(explained(found[one], found[other], weights).score, same))
            for one, other, same in pairs
            if one in found and other in found
        ]

    def decided(self) -> list[tuple[LinkKey, LinkKey, bool]]:
        """The pairs that a person decided about, and whether they are one."""
        with self.db.reading():
            together, never = Decisions(self.db, self.space).pairs()
        return [(*pair, same) for pairs, same in ((together, True), (never, False)) for pair in pairs]

    def linked(self, keys: Sequence[LinkKey]) -> dict[LinkKey, str]:
        """The golden records of those that have one."""
        with self.db.reading():
            return Records(self.db, self.space).goldens_of(keys)

    def lean(self, by: float) -> bool:
        """Move the scores by so much, on top of what they were moved before. False where nothing was learnt
        yet."""
        with self.db.transaction():
            decisions = Decisions(self.db, self.space)
            weights = decisions.weights(0)
            if weights is not None:
                decisions.replace_weights(replace(weights, leaning=round(weights.leaning + by, 3)))
        return weights is not None

    def duplicates(self, app: str) -> list[list[LinkKey]]:
        """Groups of records of an app that are one person, as far as their keys tell, or since one golden
        record has them. Reads all of them."""
        with self.db.reading():
            records = Records(self.db, self.space)
            there = {*records.live_ids(app), *(id for name, id in records.unlinked() if name == app)}
            ids = [id for id in records.keys.ids(app) if id in there]
            traits = self._traits([(app, id) for id in ids])
            _, never = Decisions(self.db, self.space).pairs()
        decided = Decided(_of_one_golden(traits), never)
        found = match([replace(t, golden=None) for t in traits], decided=decided)
        return [[t.key for t in group] for group in found.groups if len(group) > 1]

    def told_apart(self, groups: Sequence[Sequence[LinkKey]]) -> ToldApart:
        """Whom a person told apart, among these records and all that are linked with them."""
        with self.db.reading():
            _, never = Decisions(self.db, self.space).pairs()
            keys = {key for some in (*groups, *never) for key in some}
            return ToldApart(never, Records(self.db, self.space).goldens_of(keys))

    def twice(self, group: Sequence[LinkKey], apart: ToldApart) -> list[Twice]:
        """Those of a group that may become one; `apart` counts them as one from here on. Whoever is left out
        may yet be one with another of the group."""
        found, left = [], self.survivor_first(group)
        while left:
            survivor, *others = left
            kept_out = {key: pair for key in others if (pair := apart.unite(survivor, key))}
            found.append(Twice([key for key in left if key not in kept_out], kept_out))
            left = list(kept_out)
        return [one for one in found if len(one.records) > 1 or one.apart]

    def survivor_first(self, group: Sequence[LinkKey]) -> list[LinkKey]:
        """The record that is written, before others that are linked, before those that are not; of two alike
        the one with more keys."""
        with self.db.reading():
            records = Records(self.db, self.space)
            links = records.links(group[0][0], [id for _, id in group])
            keys = records.keys.by_record(group)
        rank = {id: 0 if link.primary else 1 for id, link in links.items()}
        return sorted(group, key=lambda k: (rank.get(k[1], 2), -len(keys[k]), k))

    def one_golden(self, group: Sequence[LinkKey]) -> str | None:
        """The golden record that has all of these records; None where there is none."""
        linked = self.linked(group)
        goldens = {linked.get(key) for key in group}
        return goldens.pop() if len(goldens) == 1 else None

    def preview(self, group: Sequence[LinkKey], merges: bool = True) -> list[tuple[str, list[Value], Value]]:
        """(field, what each of these records of one app holds, what a merge into the first and the next sync
        leave), in the app's own form; blank fields are left out. `merges`: the app can merge them; where it
        cannot and they are one golden record already, what the first holds stays."""
        stays = not merges and self.one_golden(group) is not None
        with self.db.reading():
            held = [self._held(key) for key in group]
        rows: list[tuple[str, list[Value], Value]] = []
        for name, slot in self.places.get(group[0][0], {}).items():
            values = [values.get(slot) for values in held]
            after = values[0] if stays else self._together(name, values)
            if any(value not in BLANK for value in values):
                rows.append((name, values, after))
        return rows

    def _together(self, name: str, values: Sequence[Value]) -> Value:
        """What a merge leaves of a field: the first value there is; of sets of which all is kept, all."""
        lists = [value for value in values if isinstance(value, list)] if name in self.unions else []
        whole = list(dict.fromkeys(one for some in lists for one in some))
        return whole or next((value for value in values if value not in BLANK), None)

    def _traits(self, keys: Sequence[LinkKey]) -> list[Traits]:
        records = Records(self.db, self.space)
        rows = records.keys.by_record(keys)
        golden = records.goldens_of(rows)
        return [restored(*key, golden.get(key), found, self.matching) for key, found in rows.items() if found]


def _of_one_golden(traits: Sequence[Traits]) -> list[tuple[LinkKey, LinkKey]]:
    """Pairs that tie together all records which one golden record has."""
    first: dict[str, LinkKey] = {}
    pairs = [(first.setdefault(t.golden, t.key), t.key) for t in traits if t.golden is not None]
    return [(one, other) for one, other in pairs if one != other]
