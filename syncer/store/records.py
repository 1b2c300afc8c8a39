"""Records of one space: observations, links, golden records, stubs, references.

Over 400 lines because it is one query after the other, each read by itself by whoever looks it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from conflicts.consent import OPT_OUTS
from syncer.model import Golden, Link, LinkKey, Observation, Unit
from syncer.store import codec
from syncer.store.database import Database, chunks, in_order
from syncer.store.keys import Keys, by_app
from syncer.store.tables import (
    GoldenRow,
    LinkRow,
    ObservationRow,
    ReferenceRow,
    StubRow,
    TouchRow,
)

_DELETE = {
    "observation": "DELETE FROM observation WHERE space = :space AND app = :app AND id IN :ids",
    "link": "DELETE FROM link WHERE space = :space AND app = :app AND id IN :ids",
}
# All that no index is ordered by.
_SETTLE = (
    "UPDATE link SET quiet = :quiet, open = :open, failing = :failing, version = :version, body = :body"
    " WHERE space = :space AND app = :app AND id = :id"
)

Stub: TypeAlias = tuple[str, str, str | None, datetime]  # app, id, consent state, when seen


@dataclass(frozen=True, slots=True)
class Records:
    """Queries on the records of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    @property
    def keys(self) -> Keys:
        return Keys(self.db, self.space)

    # -- observations -------------------------------------------------------------------------------------

    def known(self, app: str, ids: Sequence[str]) -> dict[str, str | None]:
        """Linked records among these: id -> the hash that is no news (None: any observation counts)."""
        found: dict[str, str | None] = {}
        for some in chunks(ids):
            rows = self.db.rows(
                "SELECT id, quiet FROM link WHERE space = :space AND app = :app AND id IN :ids",
                space=self.space,
                app=app,
                ids=some,
            )
            found.update((row[0], row[1]) for row in rows)
        return in_order(found, ids)

    def waiting(self, app: str, ids: Sequence[str]) -> dict[str, Observation]:
        """Observations of these records that wait to be decided."""
        found: dict[str, Observation] = {}
        for some in chunks(ids):
            for row in self.db.rows(
                "SELECT id, state, body FROM observation WHERE space = :space AND app = :app AND id IN :ids",
                space=self.space,
                app=app,
                ids=some,
            ):
                found[row[0]] = codec.observation(app, row[0], row[1], row[2])
        return in_order(found, ids)

    def _delete(self, table: Literal["observation", "link"], keys: Iterable[LinkKey]) -> None:
        for app, ids in by_app(keys).items():
            for some in chunks(ids):
                self.db.run(_DELETE[table], space=self.space, app=app, ids=some)

    def any_waiting(self, app: str) -> bool:
        sql = "SELECT 1 FROM observation WHERE space = :space AND app = :app LIMIT 1"
        return self.db.one(sql, space=self.space, app=app) is not None

    def any_links(self, app: str) -> bool:
        sql = "SELECT 1 FROM link WHERE space = :space AND app = :app LIMIT 1"
        return self.db.one(sql, space=self.space, app=app) is not None

    def save_observations(self, observations: Iterable[Observation]) -> None:
        rows = [
            {
                "space": self.space,
                "app": o.app,
                "id": o.id,
                "state": o.state,
                "body": codec.observation_body(o),
            }
            for o in observations
        ]
        self.db.upsert(ObservationRow, rows)

    def drop_observations(self, keys: Iterable[LinkKey]) -> None:
        self._delete("observation", keys)

    def unlinked(self) -> list[LinkKey]:
        """Records that wait, have no link and may get one, in a fixed order."""
        rows = self.db.rows(
            "SELECT o.app, o.id FROM observation o LEFT JOIN link l"
            " ON l.space = o.space AND l.app = o.app AND l.id = o.id"
            " WHERE o.space = :space AND o.state = 'found' AND l.id IS NULL ORDER BY o.app, o.id",
            space=self.space,
        )
        return [(row[0], row[1]) for row in rows]

    # -- golden records and links -------------------------------------------------------------------------

    def touched(self) -> list[str]:
        """Golden records to decide about: with waiting observations, with unsent writes, touched, or pointing
        to something that changed. Costs what waits, not what is known."""
        found = self._observed() | self._dependent()
        sql = "SELECT id FROM golden WHERE space = :space AND due"
        found.update(row[0] for row in self.db.rows(sql, space=self.space))
        return sorted(found)

    def _observed(self) -> set[str]:
        # CROSS JOIN: SQLite begins at the few that wait, not at all links.
        rows = self.db.rows(
            "SELECT l.golden FROM observation o CROSS JOIN link l"
            " WHERE o.space = :space AND l.space = o.space AND l.app = o.app AND l.id = o.id",
            space=self.space,
        )
        return {row[0] for row in rows}

    def _dependent(self) -> set[str]:
        rows = self.db.rows("SELECT target FROM touch WHERE space = :space", space=self.space)
        found: set[str] = set()
        for some in chunks(row[0] for row in rows):
            sql = (
                "SELECT golden FROM reference WHERE space = :space AND target IN :targets"
                " UNION SELECT id FROM golden WHERE space = :space AND id IN :targets"
            )
            found.update(row[0] for row in self.db.rows(sql, space=self.space, targets=some))
        return found

    def all_golden(self) -> list[str]:
        rows = self.db.rows("SELECT id FROM golden WHERE space = :space ORDER BY id", space=self.space)
        return [row[0] for row in rows]

    def units(self, ids: Sequence[str]) -> dict[str, Unit]:
        """Golden records in the order of `ids`, with their links and waiting observations by app and id."""
        units: dict[str, Unit] = {}
        for some in chunks(ids):
            for row in self.db.rows(
                "SELECT id, due, body FROM golden WHERE space = :space AND id IN :ids",
                space=self.space,
                ids=some,
            ):
                units[row[0]] = Unit(codec.golden(row[0], row[2]), [], due=bool(row[1]))
            links = self.db.rows(
                "SELECT l.app, l.id, l.golden, l.state, l.main, l.version, l.body, o.state, o.body"
                " FROM link l LEFT JOIN observation o"
                " ON o.space = l.space AND o.app = l.app AND o.id = l.id"
                " WHERE l.space = :space AND l.golden IN :ids",
                space=self.space,
                ids=some,
            )
            for row in sorted(links, key=itemgetter(0, 1)):
                unit = units[row[2]]
                unit.links.append(codec.link(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6]))
                if row[8] is not None:
                    obs = codec.observation(row[0], row[1], row[7], row[8])
                    unit.observations[obs.key] = obs
        return in_order(units, ids)

    def links(self, app: str, ids: Sequence[str]) -> dict[str, Link]:
        found: dict[str, Link] = {}
        for some in chunks(ids):
            for row in self.db.rows(
                "SELECT id, golden, state, main, version, body FROM link"
                " WHERE space = :space AND app = :app AND id IN :ids",
                space=self.space,
                app=app,
                ids=some,
            ):
                found[row[0]] = codec.link(app, row[0], row[1], row[2], bool(row[3]), row[4], row[5])
        return in_order(found, ids)

    def goldens(self, ids: Sequence[str]) -> dict[str, Golden]:
        found: dict[str, Golden] = {}
        for some in chunks(ids):
            for row in self.db.rows(
                "SELECT id, body FROM golden WHERE space = :space AND id IN :ids", space=self.space, ids=some
            ):
                found[row[0]] = codec.golden(row[0], row[1])
        return in_order(found, ids)

    def failing_links(self) -> list[Link]:
        """Links with values that the app refused for good, or that are changed back each time."""
        sql = "SELECT app, id, golden, state, main, version, body FROM link WHERE space = :space AND failing"
        rows = sorted(self.db.rows(sql, space=self.space), key=itemgetter(0, 1))
        return [codec.link(r[0], r[1], r[2], r[3], bool(r[4]), r[5], r[6]) for r in rows]

    def failing_goldens(self) -> list[Golden]:
        """Golden records of which an app refused a create."""
        sql = "SELECT id, body FROM golden WHERE space = :space AND failing"
        rows = sorted(self.db.rows(sql, space=self.space), key=itemgetter(0))
        return [codec.golden(row[0], row[1]) for row in rows]

    def save_links(self, links: Iterable[Link], slots: Mapping[str, tuple[str, ...]]) -> None:
        """`slots`: app -> its mapped slots in order, for the hash of what is no news."""
        self.db.upsert(LinkRow, [self._link_row(link, slots[link.app]) for link in links])

    def settle_links(self, links: Iterable[Link], slots: Mapping[str, tuple[str, ...]]) -> None:
        """Save links that are stored, and are of the same golden record and state as there: no index has to
        follow."""
        self.db.many(_SETTLE, [self._link_row(link, slots[link.app]) for link in links])

    def _link_row(self, link: Link, slots: tuple[str, ...]) -> dict[str, Any]:
        quiet = None
        if link.state == "live" and not (link.pending or link.anew or link.emptied):
            quiet = codec.quiet_hash(link.seen, slots)
        return {
            "space": self.space,
            "app": link.app,
            "id": link.id,
            "golden": link.golden,
            "state": link.state,
            "main": link.primary,
            "quiet": quiet,
            "open": bool(link.pending),
            "failing": link.failing,
            "version": link.version,
            "body": codec.link_body(link),
        }

    def drop_links(self, keys: Iterable[LinkKey]) -> None:
        """Forget that these records ever belonged to anybody; their keys are free again."""
        keys = list(keys)
        self._delete("link", keys)
        self.keys.drop(keys)

    def save_goldens(self, goldens: Iterable[tuple[Golden, bool]]) -> None:
        """Golden records, each with whether writes are due."""
        rows = [
            {
                "space": self.space,
                "id": g.id,
                "due": due,
                "failing": bool(g.refused),
                "body": codec.golden_body(g),
            }
            for g, due in goldens
        ]
        self.db.upsert(GoldenRow, rows)

    def settle_goldens(self, ids: Iterable[str]) -> None:
        """All writes of these were answered: nothing is due any more."""
        self._set_due(ids, False)

    def mark_due(self, ids: Iterable[str]) -> None:
        """The next run looks at these again."""
        self._set_due(ids, True)

    def _set_due(self, ids: Iterable[str], due: bool) -> None:
        for some in chunks(ids):
            sql = "UPDATE golden SET due = :due WHERE space = :space AND id IN :ids"
            self.db.run(sql, space=self.space, ids=some, due=due)

    def open_links(self, app: str) -> list[str]:
        """Records with a write whose outcome is not known. Sorted here: asked for in order, the database
        would walk all links in that order instead of the few that are open."""
        sql = "SELECT id FROM link WHERE space = :space AND app = :app AND open"
        return sorted(row[0] for row in self.db.rows(sql, space=self.space, app=app))

    def live_ids(self, app: str) -> Iterator[str]:
        """The linked records that are there, by id."""
        sql = "SELECT id FROM link WHERE space = :space AND app = :app AND state = 'live' ORDER BY id"
        return (row[0] for row in self.db.rows(sql, space=self.space, app=app))

    def linked_ids(self, app: str) -> Iterator[str]:
        """The linked records, also those that are gone or outside the filter, by id."""
        sql = "SELECT id FROM link WHERE space = :space AND app = :app ORDER BY id"
        return (row[0] for row in self.db.rows(sql, space=self.space, app=app))

    def linked_counts(self) -> dict[str, int]:
        sql = (
            "SELECT app, COUNT(*) FROM link WHERE space = :space AND state = 'live' GROUP BY app ORDER BY app"
        )
        return {row[0]: int(row[1]) for row in self.db.rows(sql, space=self.space)}

    def gone_in(self, app: str) -> list[str]:
        """Golden records that have no record in this app any more, and one that is there in another."""
        sql = (
            "SELECT DISTINCT l.golden FROM link l"
            " WHERE l.space = :space AND l.app = :app AND l.state = 'gone'"
            " AND NOT EXISTS (SELECT 1 FROM link m WHERE m.space = l.space AND m.golden = l.golden"
            " AND m.app = l.app AND m.state <> 'gone')"
            " AND EXISTS (SELECT 1 FROM link o WHERE o.space = l.space AND o.golden = l.golden"
            " AND o.state = 'live')"
        )
        return sorted(row[0] for row in self.db.rows(sql, space=self.space, app=app))

    # -- stubs -----------------------------------------------------------------------------------------

    def opted_out(self, app: str, ids: Sequence[str]) -> set[str]:
        """Those of these records that are stubs with an opt-out."""
        sql = "SELECT id, consent FROM stub WHERE space = :space AND app = :app AND id IN :ids"
        rows = (self.db.rows(sql, space=self.space, app=app, ids=some) for some in chunks(ids))
        return {id for found in rows for id, state in found if state in OPT_OUTS}

    def save_stubs(self, stubs: Iterable[Stub]) -> None:
        rows = [
            {"space": self.space, "app": app, "id": id, "consent": consent, "seen_at": codec.iso(at)}
            for app, id, consent, at in stubs
        ]
        self.db.upsert(StubRow, rows)

    def stub_consents(self) -> list[tuple[str, str, str, str]]:
        """(app, id, consent, when seen) of stubs that say something about consent."""
        sql = (
            "SELECT app, id, consent, seen_at FROM stub WHERE space = :space AND consent IS NOT NULL"
            " ORDER BY app, id"
        )
        return [(r[0], r[1], r[2], r[3]) for r in self.db.rows(sql, space=self.space)]

    # -- references ---------------------------------------------------------------------------------------

    def golden_of(self, app: str, ids: Sequence[str]) -> dict[str, str]:
        """Record id -> golden id, for records of this space that are linked."""
        return {id: golden for id, (golden, _) in self.standing_of(app, ids).items()}

    def goldens_of(self, keys: Iterable[LinkKey]) -> dict[LinkKey, str]:
        """The same of records of several apps."""
        ids = by_app(dict.fromkeys(keys))
        return {(app, id): golden for app in ids for id, golden in self.golden_of(app, ids[app]).items()}

    def standing_of(self, app: str, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Record id -> golden id and state, for records of this space that are linked."""
        found: dict[str, tuple[str, str]] = {}
        for some in chunks(ids):
            found.update(
                (row[0], (row[1], row[2]))
                for row in self.db.rows(
                    "SELECT id, golden, state FROM link WHERE space = :space AND app = :app AND id IN :ids",
                    space=self.space,
                    app=app,
                    ids=some,
                )
            )
        return in_order(found, ids)

    def keys_of(self, goldens: Iterable[str]) -> dict[str, list[LinkKey]]:
        """Golden id -> all its records, by app and id; golden records without any are missing."""
        found: dict[str, list[LinkKey]] = {}
        for some in chunks(sorted(goldens)):
            sql = "SELECT golden, app, id FROM link WHERE space = :space AND golden IN :ids"
            for row in sorted(self.db.rows(sql, space=self.space, ids=some)):
                found.setdefault(row[0], []).append((row[1], row[2]))
        return found

    def records_of(self, goldens: Sequence[str]) -> dict[tuple[str, str], str]:
        """(golden id, app) -> the primary live record."""
        found: dict[tuple[str, str], str] = {}
        for some in chunks(goldens):
            for row in self.db.rows(
                "SELECT golden, app, id FROM link WHERE space = :space AND main AND state = 'live'"
                " AND golden IN :ids",
                space=self.space,
                ids=some,
            ):
                found[row[0], row[1]] = row[2]
        return found

    def leaving(self, app: str, ids: Sequence[str]) -> set[str]:
        """Those of these records that were seen to have gone, which waits to be decided."""
        sql = (
            "SELECT id FROM observation WHERE space = :space AND app = :app AND id IN :ids"
            " AND state IN ('archived', 'deleted')"
        )
        return {r[0] for some in chunks(ids) for r in self.db.rows(sql, space=self.space, app=app, ids=some)}

    def rename_reference(self, was: str, now: str) -> None:
        """What golden records point to in a field that has another name now."""
        sql = "UPDATE reference SET field = :now WHERE space = :space AND field = :was"
        self.db.run(sql, space=self.space, was=was, now=now)

    def save_references(self, rows: Iterable[tuple[str, str, str | None]]) -> None:
        """(golden, field, target or None)."""
        rows = list(rows)
        self.db.many(
            "DELETE FROM reference WHERE space = :space AND golden = :golden AND field = :field",
            [{"space": self.space, "golden": g, "field": f} for g, f, t in rows if t is None],
        )
        self.db.upsert(
            ReferenceRow,
            [{"space": self.space, "golden": g, "field": f, "target": t} for g, f, t in rows if t],
        )

    def touch(self, dependents: Iterable[str], targets: Iterable[str]) -> None:
        """Have golden records looked at again: the dependents of these, in the spaces that point here; these
        themselves, in their own."""
        targets = list(targets)
        for space in dependents:
            self.db.upsert(TouchRow, [{"space": space, "target": t} for t in targets])

    def clear_touches(self, looked_at: Iterable[str]) -> None:
        """These golden records are being looked at; all others that were to be go on waiting."""
        waiting = sorted(self._dependent().difference(looked_at))
        self.db.run("DELETE FROM touch WHERE space = :space", space=self.space)
        self.touch([self.space], waiting)
