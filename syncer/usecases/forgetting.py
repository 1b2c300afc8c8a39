"""Forget a person: archive or erase their records in the apps, then take them out of everything that syncer
keeps.

What stays are keyed hashes (`syncer.forgotten`), by which a later record of the same person is known again
and waits in review, and a receipt that does not say whom it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from conflicts import log as conflict_log
from connectors.contract import AppError, Erasing
from syncer.config.files import Config
from syncer.core import brakes
from syncer.deciding.abilities import creating_in
from syncer.engine import Engine, Run
from syncer.forgotten import Marks
from syncer.model import Item, Link, LinkKey, fold_key
from syncer.ports import Ports, Task
from syncer.report import Report
from syncer.running.cleaning import NAMES, finish, note
from syncer.store.database import Database, chunks
from syncer.store.decisions import Decisions
from syncer.store.erasure import Erasure, Scope
from syncer.store.history import History
from syncer.store.keys import by_app
from syncer.store.stories import Stories
from syncer.sync import App, Sync
from syncer.usecases import planfile
from syncer.usecases.reverting import ask, paused
from syncer.usecases.sides import NotPossible, keep_within_limits

KEPT = "the config says to keep the records in the apps (forget.in_apps)"
AWAY = "the app is paused, or could not be asked"
PORTION = 50  # records between two looks at whether to stop
OUTSIDE = "it takes no part in the sync: remove it there by hand"
GOING = ("archive", "erase")
CHANGED = (
    "Which records belong to them changed after it was shown, so nothing was done. The same command shows how"
    " it is now."
)
IN_REVIEW = "it waits in review: say first who it is (syncer review), or remove it there by hand"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one record in its app. `left`: nothing, and why; `failed`: it was to be archived or
    erased."""

    app: str
    record: str
    who: str | None
    outcome: Literal["archive", "erase", "archived", "erased", "left", "failed"]
    because: str = ""


@dataclass(slots=True)
class Forgotten:
    """What forgetting came to. `removed`: rows and entries by kind; `marks`: hashes kept. `finished` is false
    where nothing was removed because an app could not be brought to archive its record. `doubtful`: records
    that may be the same person, which nobody has said yet: they stay. `people`: golden id -> what they are
    called, where it was only shown."""

    sync: str
    fates: list[Fate]
    run: str = ""
    report: Report | None = None
    removed: Counter[str] = field(default_factory=Counter)
    marks: int = 0
    receipt: Path | None = None
    troubles: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return not any(f.outcome == "failed" for f in self.fates)

    @property
    def loose(self) -> bool:
        """Whether some records belong to nobody, and live on in their apps."""
        return any(f.who is None for f in self.fates)


@dataclass(slots=True)
class Forgetting:
    """Forgets people of one sync."""

    config: Config
    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)

    def show(self, keys: Collection[LinkKey]) -> Forgotten:
        """What forgetting the people behind these records would do, with all records of each. Several at once
        keep within the limit on archives. Raises `Held`."""
        with self.db.reading():
            records = Erasure(self.db, self.sync.name).scope(keys).records
            links = self._links(records)
            loose = self._loose(key for key in records if key not in links)
            able = self.engine.unpaused()
            fates = [self._fate(links[key], able) if key in links else loose[key] for key in records]
            shown = Forgotten(self.sync.name, fates)
            shown.doubtful = self._doubtful(records)
            shown.people = self._called(sorted({f.who for f in shown.fates if f.who is not None}))
            self._brake(shown)
        return shown

    def _called(self, goldens: Sequence[str]) -> dict[str, str]:
        """Names, and what they are known by: several may share a number. Call inside a reading."""
        match, called = self.sync.mapping.match, dict[str, str]()
        for id, golden in self.engine.records.goldens(goldens).items():
            name = " ".join(str(golden.value[part]) for part in match.names if golden.value.get(part))
            keys = [str(golden.value[key]) for key in match.exact if golden.value.get(key)]
            called[id] = ", ".join(dict.fromkeys([name, *keys] if name else keys)) or "(no name)"
        return called

    def _doubtful(self, keys: Collection[LinkKey]) -> list[str]:
        """Records of which it is not known whether they are one of these people. Call inside a reading."""
        pairs = [
            ((r["app"], r["record"]), (r["other_app"], r["other_record"]))
            for r in History(self.db).reviews(self.sync.name)
        ]
        others = {b if a in keys else a for a, b in pairs if (a in keys) != (b in keys)}
        return [":".join(key) for key in sorted(others)]

    def _links(self, keys: Iterable[LinkKey]) -> dict[LinkKey, Link]:
        """The links of these records. Call inside a reading."""
        links = self.engine.records.links
        return {link.key: link for app, ids in by_app(keys).items() for link in links(app, ids).values()}

    def _brake(self, shown: Forgotten) -> None:
        going = [f for f in shown.fates if f.outcome in GOING]
        if len({f.who for f in shown.fates}) < 2:
            return
        counts: Counter[tuple[str, brakes.ChangeKind]] = Counter((f.app, "archives") for f in going)
        keep_within_limits(self.engine, counts)

    def do(self, shown: Forgotten) -> Forgotten:
        """Forget those who were shown. Raises `Busy`; `NotPossible` where that is not who they are any more:
        then nothing was done; and `OSError` where marks, log or receipt cannot be written."""
        self.sync.marks.prepare()
        with self.engine.session("forget") as run:
            scope = self._as_shown(run, shown.fates)
            done = Forgotten(self.sync.name, self._take_out(run, shown.fates), run.id, run.report)
            if done.finished:
                addresses = self._addresses(scope.records)
                done.marks = self._mark(scope.records, addresses)
                names = {*scope.goldens, *map(":".join, scope.records), *addresses}
                said = partial(self._said, sorted(map(self.sync.marks.of_name, names)))
                erase(self.config, self.db, self.sync.name, scope, done, said)
                people = len({fate.who for fate in shown.fates} - {None})
                run.report.reason = "a person was forgotten" if people < 2 else f"{people} were forgotten"
        if done.finished:
            finish(self.db, self.sync.marks)
            done.receipt = self.sync.marks.receipt_file(run.id)
        return done

    def _as_shown(self, run: Run, fates: Sequence[Fate]) -> Scope:
        """What belongs to them by now, which is what was shown. Nobody links anything while this run lasts,
        once it has settled what was on its way."""
        going = [(f.app, f.record) for f in fates if f.outcome in GOING]
        for app, why in ask(self.engine, run, self.ports, going).items():
            run.report.apps[app].error = why
        with self.db.reading():
            scope = Erasure(self.db, self.sync.name).scope([(f.app, f.record) for f in fates])
        if scope.records != {(f.app, f.record): f.who for f in fates}:
            raise NotPossible(CHANGED)
        return scope

    # -- in the apps --------------------------------------------------------------------------------------

    def _loose(self, keys: Iterable[LinkKey]) -> dict[LinkKey, Fate]:
        """Records that belong to nobody yet stay in their apps. Call inside a reading."""
        keys = set(keys)
        reviews = Stories(self.db, self.sync.name).reviews(keys)
        asked = {(r["app"], r["record"]) for r in reviews} | {
            (r["other_app"], r["other_record"]) for r in reviews
        }
        return {key: Fate(*key, None, "left", IN_REVIEW if key in asked else OUTSIDE) for key in keys}

    def _fate(self, link: Link, able: Collection[str]) -> Fate:
        """What is to become of a linked record. `able`: the apps that are not paused."""
        app = self.sync.apps[link.app]
        why, erases = self._why_left(app), self._erases(app)
        if link.state == "gone" and not why and not erases:
            why = "it is archived or deleted already"
        outcome: Literal["left", "erase", "archive"] = "left" if why else "erase" if erases else "archive"
        return Fate(*link.key, link.golden, outcome, why or ("" if link.app in able else paused(link.app)))

    def _erases(self, app: App) -> bool:
        """Whether records are to be removed for good there, and can be."""
        wanted = self.config.model.forget.in_apps == "erase"
        return wanted and isinstance(app.connector, Erasing) and app.object in app.connector.erasable

    def _why_left(self, app: App) -> str:
        if self.config.model.forget.in_apps == "keep":
            return KEPT
        if not app.writes:
            return "nothing is written to this app (writes: off): remove it there by hand"
        if app.spec.archive == "none" and not self._erases(app):
            return "the app cannot archive records: remove it there by hand"
        return ""

    def _take_out(self, run: Run, fates: Sequence[Fate]) -> list[Fate]:
        """Archive or erase what is to be, and say what came of it."""
        wanted = [f for f in fates if f.outcome in GOING]
        with self.db.transaction():
            creating = creating_in(self.engine.ledger)
            now = self.ports.now()
            links = list(self._links((f.app, f.record) for f in wanted).values())
            for link in links:
                link.observed_at = now  # archived whatever somebody has typed there since
            self.engine.records.save_links(links, self.sync.slot_names())
        archived = [
            Item("archive", f.app, f.who or "", f.record, {}) for f in fates if f.outcome == "archive"
        ]
        self.engine.act(run, archived)
        left = self._erase(run, [f for f in fates if f.outcome == "erase"])
        with self.db.reading():
            return [self._became(f, run, bool(f.who and creating.get(f.who)), left) for f in fates]

    def _erase(self, run: Run, fates: Sequence[Fate]) -> dict[LinkKey, str]:
        """Have the apps erase these; why some are left."""
        ids = by_app((fate.app, fate.record) for fate in fates)
        tasks = {app: self._erasing(self.sync.apps[app], some) for app, some in ids.items()}
        tasks = {app: task for app, task in tasks.items() if app in run.readable}
        told: dict[str, Mapping[str, str]] = self.ports.workers.drive(tasks)
        away = {app: dict.fromkeys(ids[app], AWAY) for app in ids if app not in told}
        return {(app, id): why for app, found in {**told, **away}.items() for id, why in found.items()}

    def _erasing(self, app: App, ids: Sequence[str]) -> Task[Mapping[str, str]]:
        """Why some of these are left: the app's reason, or the error before which it had not erased them."""
        assert isinstance(app.connector, Erasing)  # noqa: S101
        left: dict[str, str] = {}
        asked = 0
        for some in chunks(ids, PORTION):
            try:
                left |= yield partial(app.connector.erase, app.object, some)
            except AppError as error:
                return left | dict.fromkeys(ids[asked:], str(error))
            asked += len(some)
            self.ports.progress("erasing", app.name, asked)
        return left

    def _became(self, fate: Fate, run: Run, creating: bool, left: Mapping[LinkKey, str]) -> Fate:
        if fate.outcome not in GOING:
            return fate
        where = fate.app, fate.record, fate.who
        if creating:
            return Fate(*where, "failed", "a record is being made just now: run syncer sync, then again")
        if fate.outcome == "erase":
            why = left.get((fate.app, fate.record), "")
            return Fate(*where, "failed" if why else "erased", why)
        link = self.engine.records.links(fate.app, [fate.record]).get(fate.record)
        waiting = self.engine.records.waiting(fate.app, [fate.record]).get(fate.record)
        if link is None or link.state == "gone" or (waiting is not None and waiting.state != "found"):
            return Fate(*where, "archived")  # also where nothing brings it back: deleted is not yet erased
        error = run.report.apps[fate.app].error or "the app did not do it"
        return Fate(*where, "failed", error)

    # -- here ---------------------------------------------------------------------------------------------

    def _addresses(self, records: Mapping[LinkKey, str | None]) -> set[str]:
        """The folded addresses that these people go by."""
        goldens = {golden for golden in records.values() if golden is not None}
        with self.db.reading():
            addresses = Erasure(self.db, self.sync.name).addresses(list(records))
            for golden in self.engine.records.goldens(sorted(goldens)).values():
                own = (golden.value.get(name) for name in self.sync.key_fields)  # others name other people
                addresses |= {fold_key(text) for text in own if isinstance(text, str) and "@" in text}
        return addresses

    def _mark(self, records: Iterable[LinkKey], addresses: Collection[str]) -> int:
        """Keep hashes by which these people are known again; how many."""
        marks = self.sync.marks
        hashes = [marks.of_record(self.sync.apps[app].object, (app, id)) for app, id in records]
        hashes += [marks.of_address(address) for address in sorted(addresses)]
        marks.add(hashes, self.ports.now())
        return len(hashes)

    def _said(self, names: Sequence[str], done: Forgotten) -> dict[str, Any]:
        return {**self._receipt(done), NAMES: names}

    def _receipt(self, done: Forgotten) -> dict[str, Any]:
        outcomes = Counter((f.app, f.outcome) for f in done.fates)
        return {
            "run": done.run,
            "sync": done.sync,
            "time": self.ports.now().isoformat(timespec="seconds"),
            "records": [{"app": a, "outcome": o, "number": n} for (a, o), n in sorted(outcomes.items())],
            "removed": dict(sorted(done.removed.items())),
            "marks": done.marks,
            "left": [f"{f.app}: {f.because}" for f in done.fates if f.outcome == "left"] + done.troubles,
            "backups": "Backups made before this time still hold the person. Delete them when they are due.",
        }


def erase(
    config: Config,
    db: Database,
    sync: str,
    scope: Scope,
    done: Forgotten,
    receipt: Callable[[Forgotten], Mapping[str, Any]] | None = None,
) -> None:
    """Take people out of the files beside the state, and then out of the state: as long as that knows them,
    the same can be done again. What is left then stands in the state (`finish`). Raises `OSError` where the
    conflict log cannot be rewritten."""
    done.removed["log"] += conflict_log.redact(config.conflicts_dir, sync, scope.goldens, scope.records)
    with db.reading():
        files = [Path(file) for file in History(db).plan_files()]
    for file in files:
        try:
            done.removed["plan"] += planfile.redact(file, sync, scope) if file.exists() else 0
        except (planfile.NotAPlan, OSError) as error:
            done.troubles.append(f"the plan {file} could not be looked through: {error}")
    with db.transaction():
        done.removed += Erasure(db, sync).wipe(scope)
        note(db, done.run, receipt(done) if receipt is not None else None)


def erase_again(config: Config, db: Database, made: str | None) -> int:
    """Take out of a restored state who was forgotten since it was made (None: nobody knows when); how many
    records those were. Raises `OSError` where the conflict log cannot be rewritten."""
    marks, number = Marks(config.forgotten_dir), 0
    for name, sync in config.syncs.items() if marks else ():
        with db.reading():
            scope = Erasure(db, name).scope(_forgotten_since(db, name, sync.draft.objects, marks, made))
        if scope.records:
            erase(config, db, name, scope, Forgotten(name, []))
            number += len(scope.records)
    return number


def _forgotten_since(
    db: Database, sync: str, objects: Mapping[str, str], marks: Marks, made: str | None
) -> list[LinkKey]:
    """Records of people who were forgotten, but for those that a state of after that asks about, or let in
    again, and what is linked with them. Call inside a reading."""
    known, decisions = Erasure(db, sync).known(), Decisions(db, sync)
    times = {key: marks.time(marks.of_record(objects[key[0]], key)) for key in known if key[0] in objects}
    since = {key: time for key, time in times.items() if time is not None}
    asked = {(app, id) for app, ids in by_app(since).items() for id in decisions.resembling_erased(app, ids)}
    kept = {key for key in asked if made is not None and since[key] <= made}
    goldens = {known[key] for key in kept} - {None}
    return [key for key in since if key not in kept and known[key] not in goldens]
