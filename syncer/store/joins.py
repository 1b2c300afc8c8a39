"""Golden records that became one: the older id goes on, the other stays known as an alias of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from syncer.model import Link, LinkKey, Unit
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.facts import begins, facts
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.store.tables import Meta


@dataclass(frozen=True, slots=True)
class Joins:
    """Queries on the joins of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    def _name(self, golden: str) -> str:
        return f"alias:{self.space}:{golden}"

    def survivor(self, golden: str) -> str:
        """The golden record that goes by this id by now."""
        return self.survivors([golden])[golden]

    def survivors(self, goldens: Iterable[str]) -> dict[str, str]:
        """The same of many."""
        found = {golden: golden for golden in goldens}
        while steps := self._became({*found.values()}):
            found = {golden: steps.get(to, to) for golden, to in found.items()}
        return found

    def _became(self, goldens: Iterable[str]) -> dict[str, str]:
        """Of these golden records those that became part of another, and of which."""
        front, found = self._name(""), dict[str, str]()
        for some in chunks(sorted(goldens)):
            sql, names = "SELECT name, value FROM meta WHERE name IN :names", [front + id for id in some]
            rows = self.db.rows(sql, names=names)
            found.update((row[0].removeprefix(front), str(row[1])) for row in rows)
        return found

    def used(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids that a golden record has, or had before it became part of another."""
        return {*Records(self.db, self.space).goldens(ids), *self._became(ids)}

    def followed(self) -> dict[str, str]:
        """Every golden record that became part of another, and the one that goes on by now."""
        into = facts(self.db, self._name(""))
        for gone in into:
            while into[gone] in into:
                into[gone] = into[into[gone]]
        return into

    def aliases(self, golden: str) -> list[str]:
        """All ids under which a golden record was ever kept, its own first."""
        found, front = [golden], self._name("")
        sql = "SELECT name FROM meta WHERE value = :id AND name >= :front AND name < :behind ORDER BY name"
        for id in found:
            rows = self.db.rows(sql, id=id, **begins(front))
            found += [name for row in rows if (name := row[0].removeprefix(front)) not in found]
        return found

    def older_first(self, one: str, other: str) -> tuple[str, str]:
        """By the run that made each; of two from one run the lesser id."""
        stories = Stories(self.db, self.space)
        ranked = sorted((stories.founded_by(g) or "~", g) for g in (one, other))
        return ranked[0][1], ranked[1][1]

    def runs(self) -> dict[str, str]:
        """Golden record that became part of another -> the run in which it did."""
        return facts(self.db, f"joined:{self.space}:")

    def remember(self, gone: str, into: str, run: str) -> None:
        """The golden record `gone`, whose links and open conflicts were moved, goes on as `into`."""
        self.db.run("DELETE FROM golden WHERE space = :space AND id = :id", space=self.space, id=gone)
        self.db.run("DELETE FROM reference WHERE space = :space AND golden = :id", space=self.space, id=gone)
        self.db.run(
            "UPDATE conflict SET status = 'replaced'"
            " WHERE space = :space AND golden = :id AND status = 'held'",
            space=self.space,
            id=gone,
        )
        told = {self._name(gone): into, f"joined:{self.space}:{gone}": run}
        self.db.upsert(Meta, [{"name": name, "value": value} for name, value in told.items()])

    def merged(self) -> dict[LinkKey, str]:
        """Linked records that were read as merged, with the id that lives on."""
        rows = self.db.rows(
            "SELECT o.app, o.id, o.body FROM observation o CROSS JOIN link l"
            " WHERE o.space = :space AND o.state = 'merged'"
            " AND l.space = o.space AND l.app = o.app AND l.id = o.id ORDER BY o.app, o.id",
            space=self.space,
        )
        return {(row[0], row[1]): codec.loads(row[2]).get("i", "") for row in rows}

    def rivals(self, app: str, ids: Sequence[str], kinds: Sequence[str]) -> list[str]:
        """Other records of an app, linked and live or waiting, that hold a key of these."""
        found: set[str] = set()
        for some in chunks(ids):
            # CROSS JOIN: SQLite begins at these few, not at all keys of the app.
            rows = self.db.rows(
                "SELECT DISTINCT b.id FROM match_key a CROSS JOIN match_key b"
                " LEFT JOIN link l ON l.space = b.space AND l.app = b.app AND l.id = b.id"
                " LEFT JOIN observation o ON o.space = b.space AND o.app = b.app AND o.id = b.id"
                " WHERE a.space = :space AND a.app = :app AND a.id IN :ids AND a.kind IN :kinds"
                " AND b.space = a.space AND b.kind = a.kind AND b.key = a.key AND b.app = a.app"
                " AND b.id <> a.id AND (l.state = 'live' OR (l.id IS NULL AND o.state = 'found'))",
                space=self.space,
                app=app,
                ids=some,
                kinds=list(kinds),
            )
            found.update(row[0] for row in rows)
        return sorted(found)

    def repoint(self, dependents: Iterable[str], gone: str, into: str) -> None:
        """Have what points to one golden record point to the other, in golden values, in what apps agreed
        with and in what waits for a person: nothing is written for it."""
        for space in dependents:
            records, pointing = Records(self.db, space), self._pointing(space, gone)
            fields: dict[str, set[str]] = {}
            for golden, field in pointing + self._repoint_waiting(space, gone, into):
                fields.setdefault(golden, set()).add(field)
            for id, unit in records.units(sorted(fields)).items():
                for field in fields[id]:
                    _repoint(unit, field, gone, into)
                records.save_goldens([(unit.golden, True)])
                self._save_bodies(space, unit.links)
            records.save_references((golden, field, into) for golden, field in pointing)
            records.touch([space], [into])

    def _pointing(self, space: str, target: str) -> list[tuple[str, str]]:
        """(golden record, field) of what points to this one."""
        sql = "SELECT golden, field FROM reference WHERE space = :space AND target = :target"
        return [(row[0], row[1]) for row in self.db.rows(sql, space=space, target=target)]

    def _repoint_waiting(self, space: str, gone: str, into: str) -> list[tuple[str, str]]:
        """The same of conflicts that wait for a person, of which the log names the other from here on."""
        rows = self.db.rows(
            "SELECT seq, golden, field FROM conflict"
            " WHERE space = :space AND status = 'held' AND body LIKE :like ORDER BY seq",
            space=space,
            like=f'%"{gone}"%',
        )
        if not rows:
            return []
        self.db.run(
            "UPDATE conflict SET body = REPLACE(body, :gone, :into) WHERE seq IN :seqs",
            gone=f'"{gone}"',
            into=f'"{into}"',
            seqs=[row[0] for row in rows],
        )
        return [(row[1], row[2]) for row in rows]

    def _save_bodies(self, space: str, links: Iterable[Link]) -> None:
        """What links agreed with; what they were seen to hold has not changed."""
        self.db.many(
            "UPDATE link SET body = :body WHERE space = :space AND app = :app AND id = :id",
            [{"space": space, "app": k.app, "id": k.id, "body": codec.link_body(k)} for k in links],
        )


def _repoint(unit: Unit, field: str, gone: str, into: str) -> None:
    golden = unit.golden
    if golden.value.get(field) == gone:
        golden.value[field] = into
    if field in golden.held:
        held = golden.held[field]
        golden.held[field] = [replace(c, value=into) if c.value == gone else c for c in held]
    for link in unit.links:
        if link.agreed.get(field) == gone:
            link.agreed[field] = into
