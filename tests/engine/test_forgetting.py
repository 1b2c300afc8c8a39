"""Forgetting people where an app does not do all that it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conflicts import log as conflict_log
from connectors.contract import Options, Page, Unavailable
from connectors.memory import MemoryConnector
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.forgotten import Marks
from syncer.running.cleaning import NAMES, finish
from syncer.store import copies
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.database import Database, StateError
from syncer.store.history import PLAN_FILE, History
from syncer.store.ledger import Ledger
from syncer.usecases import forgetting, planfile
from syncer.usecases.sides import NotPossible
from syncer.usecases.steward import Steward
from syncer.usecases.who import known
from tests.engine import tied
from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "Envoy of Zanzibar"}
ZOE = {"email": "zoe@x.test", "first": "Zoe", "last": "Ray"}


def config_of(world: World, in_apps: str = "archive") -> Any:
    objects = {name: traits.object for name, traits in world.traits.items()}
    return SimpleNamespace(
        model=SimpleNamespace(forget=SimpleNamespace(in_apps=in_apps)),
        conflicts_dir=world.path / "conflicts",
        forgotten_dir=world.path / "forgotten",
        syncs={"contacts": SimpleNamespace(draft=SimpleNamespace(objects=objects))},
    )


def forgets(world: World, in_apps: str = "archive") -> forgetting.Forgetting:
    world.clock.sleep(120)
    sync = replace(world.sync(), marks=Marks(world.path / "forgotten"))
    return forgetting.Forgetting(config_of(world, in_apps), sync, world.db, world.ports())


def run(world: World) -> None:
    """A run that knows who was forgotten."""
    world.clock.sleep(120)
    sync = replace(world.sync(), marks=Marks(world.path / "forgotten"))
    Engine(sync, world.db, world.ports()).run(RunOptions())


def let_in_again(world: World) -> None:
    steward = Steward(world.db, "contacts", ("email", "phone"))
    for review in steward.reviews():
        steward.answer(review, "together", world.clock())


def shown(world: World, in_apps: str = "archive") -> forgetting.Forgotten:
    """Mara, as she is shown before the answer."""
    return forgets(world, in_apps).show(known(world.sync(), world.db, "mara@x.test"))


@pytest.mark.parametrize("reading", [False, True], ids=["between runs", "while a run reads"])
def test_who_is_let_in_again_is_read_again(tmp_path: Path, reading: bool) -> None:
    world, marks = World(tmp_path), Marks(tmp_path / "forgotten")
    marks.prepare()
    marks.add([marks.of_address("mara@x.test")], world.clock())

    accept = partial(let_in_again, world)
    world.apps["crm"].user_create({"email": "zoe@x.test", "first": "Zoe", "last": "Ray"})
    run(world)
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind"})
    run(world)
    if reading:
        world.apps["crm"].user_edit(next(iter(world.apps["crm"].records)), {"title": "CEO"})
        world.connectors["crm"].pull = then(world.connectors["crm"].pull, accept)  # type: ignore[method-assign]
    else:
        accept()
    run(world)
    run(world)
    assert {v["email"] for v in world.apps["desk"].records.values()} == {"zoe@x.test", "mara@x.test"}
    world.db.close()


def then(pull: Callable[..., Iterator[Page]], happens: Callable[[], None]) -> Callable[..., Iterator[Page]]:
    """Reading, with something that happens between two pages."""

    def pulled(*args: Any) -> Iterator[Page]:
        for page in pull(*args):
            happens()
            yield page

    return pulled


class Eraser(MemoryConnector):
    """Erases so many records, keeps one back, and is away from then on."""

    erasable: Collection[str] = ("contacts",)
    most, erased, kept = 4, 0, ""

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        if self.erased + len(ids) > self.most:
            raise Unavailable("the app is down")
        self.erased += len(ids)
        return {id: "it is under a legal hold" for id in ids if id == self.kept}


def test_an_app_that_goes_away_half_way_fails_what_was_not_erased_yet_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    ids = [world.apps["crm"].user_create({"email": f"p{n}@x.test"}) for n in range(7)]
    world.settle()
    eraser = world.connectors["crm"] = Eraser(Options("crm"), world.apps["crm"])
    eraser.kept = ids[1]
    monkeypatch.setattr(forgetting, "PORTION", 2)
    forgetting_all = forgets(world, "erase")
    done = forgetting_all.do(forgetting_all.show([("crm", id) for id in ids]))
    assert not done.finished
    told = {fate.record: (fate.outcome, fate.because) for fate in done.fates}
    assert told == {
        ids[0]: ("erased", ""),
        ids[1]: ("failed", "it is under a legal hold"),
        ids[2]: ("erased", ""),
        ids[3]: ("erased", ""),
        **dict.fromkeys(ids[4:], ("failed", "the app is down")),
    }
    world.db.close()


@pytest.mark.parametrize("meanwhile", ["a colleague links them", "a run makes them in an app"])
def test_nobody_but_who_was_shown_is_forgotten(tmp_path: Path, meanwhile: str) -> None:
    """A run, or somebody else, comes between what is shown and the answer to it."""
    world = World(tmp_path)
    for one in (MARA, ZOE):
        world.apps["crm"].user_create(one)
    with world.away("desk"):
        world.run()
    asked = shown(world)
    assert [fate.app for fate in asked.fates] == ["crm"]
    if meanwhile == "a colleague links them":
        tied.link(world, "mara@x.test", "zoe@x.test")
    else:
        world.run()
    before = world.contents(), world.rows("SELECT app, id, golden FROM link ORDER BY app, id")
    with pytest.raises(NotPossible, match="so nothing was done"):
        forgets(world).do(asked)
    assert (world.contents(), world.rows("SELECT app, id, golden FROM link ORDER BY app, id")) == before
    assert not Marks(tmp_path / "forgotten")
    assert forgets(world).do(shown(world)).finished
    assert not known(world.sync(), world.db, "mara@x.test")
    world.db.close()


@pytest.mark.parametrize("fails", ["2030-01-01.txt", "2030-01-01.jsonl"])
def test_what_a_full_disk_cut_off_is_done_by_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    world, folder = World(tmp_path), tmp_path / "conflicts"
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Clerk"})
    world.settle()
    with world.db.reading():
        conflict_log.append(folder, Conflicts(world.db, {"contacts": "contact"}).after(0, Sought("contacts")))
    assert sum("Zanzibar" in file.read_text() for file in folder.iterdir()) == 2
    whole = conflict_log._replace

    def full(path: Path, content: bytes) -> None:
        if path.name == fails:
            raise OSError(28, "No space left on device")
        whole(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(conflict_log, "_replace", full)
        with pytest.raises(OSError, match="No space left"):
            forgets(world).do(shown(world))
    world.run()
    done = forgets(world).do(shown(world))
    assert done.finished
    assert done.receipt is not None
    assert done.removed["log"] > 0
    assert [file.name for file in folder.iterdir() if "Zanzibar" in file.read_text()] == []
    world.db.close()


def test_a_plan_that_waits_holds_nothing_of_somebody_who_was_in_it(tmp_path: Path) -> None:
    """Before the first sync is approved nobody is linked yet. The plan was kept in a file, too."""
    world, file = World(tmp_path, first_sync="ask"), tmp_path / "kept.plan"
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "phone": "+6281234567890"})
    world.apps["crm"].user_create(ZOE)
    assert world.run().status == "held"
    with world.db.transaction():
        held = Ledger(world.db, "contacts").held()
        assert held is not None
        plans = [planfile.Kept(name, "", tuple(held.items)) for name in ("contacts", "companies")]
        planfile.write(file, plans)
        History(world.db).keep_fact(f"{PLAN_FILE}{file}", "kept")
    done = forgets(world).do(shown(world))
    assert {fate.outcome for fate in done.fates} == {"left"}
    mine, others = planfile.read(file)
    assert {item.app for item in mine.items} == {"desk"}  # where Zoe is to be created
    assert others.items == tuple(held.items)  # records of the same ids, of another sync
    assert done.removed["plan"] == 2 * (len(held.items) - len(mine.items))
    ((items,),) = world.rows("SELECT items FROM held")
    assert [item["slots"]["email"] for item in json.loads(str(items))] == [["zoe@x.test"]]
    world.db.close()


def test_somebody_whose_address_stood_beside_a_forgotten_person_is_nobody_forgotten(tmp_path: Path) -> None:
    """An account manager, say. Who was forgotten is known by the fields that people go by."""
    world = World(tmp_path)
    world.apps["crm"].user_create({**MARA, "title": "bea@corp.test"})
    world.settle()
    assert forgets(world).do(shown(world)).marks == 3  # a record in two apps, and her address
    world.apps["crm"].user_create({"email": "bea@corp.test", "first": "Bea", "last": "Berg"})
    new = world.apps["mail"].user_create({"email": "mara@x.test"})
    run(world)
    run(world)
    assert world.rows("SELECT app, id FROM review") == [("mail", new)]
    assert [values["email"] for values in world.apps["desk"].records.values()] == ["bea@corp.test"]
    world.db.close()


@pytest.mark.parametrize("once_more", [False, True], ids=["let in again", "forgotten once more"])
def test_a_backup_brings_back_nobody_but_who_was_let_in_again(tmp_path: Path, once_more: bool) -> None:
    """All on one day. Marks are for good; what the backup knows of them, and when it was made, tells."""
    world, backup = World(tmp_path), tmp_path / "backup.db"
    world.apps["crm"].user_create(MARA)
    world.apps["crm"].user_create(ZOE)
    world.settle()
    assert forgets(world, "keep").do(shown(world, "keep")).finished
    for app in ("crm", "desk"):
        (mara,) = (id for id, v in world.apps[app].records.items() if v["email"] == "mara@x.test")
        world.apps[app].user_edit(mara, {"phone": "+6281234567890"})
    run(world)
    let_in_again(world)
    run(world)
    links = world.rows("SELECT app, id, golden FROM link ORDER BY app, id")
    assert len(links) == 4
    copies.backup(world.db, backup, world.clock())
    if once_more:
        assert forgets(world, "keep").do(shown(world, "keep")).finished
    erased = partial(forgetting.erase_again, config_of(world), world.db)
    done = copies.restore(world.db, backup, world.clock(), lambda _: False, erased)
    assert done.taken_out == (2 if once_more else 0)
    assert known(world.sync(), world.db, "zoe@x.test")
    kept = world.rows("SELECT app, id, golden FROM link ORDER BY app, id")
    assert bool(known(world.sync(), world.db, "mara@x.test")) == (kept == links) == (not once_more)
    world.db.close()


def test_a_backup_from_before_brings_back_nobody_who_waited_in_it(tmp_path: Path) -> None:
    world, backup = World(tmp_path, first_sync="ask"), tmp_path / "backup.db"
    world.apps["crm"].user_create(MARA)
    world.apps["crm"].user_create(ZOE)
    world.run()
    copies.backup(world.db, backup, world.clock())
    forgets(world).do(shown(world))
    erased = partial(forgetting.erase_again, config_of(world), world.db)
    assert copies.restore(world.db, backup, world.clock(), lambda _: False, erased).taken_out == 1
    assert not [row for row in world.rows("SELECT items FROM held") if "Mara" in str(row)]
    assert world.rows("SELECT id FROM observation") == [("000002",)]
    run(world)
    assert [values["email"] for values in world.apps["crm"].records.values()] == ["mara@x.test", "zoe@x.test"]
    assert world.rows("SELECT id, other_app FROM review") == [("000001", "erased")]
    world.db.close()


@pytest.mark.parametrize("after", ["the same again", "a restore"])
def test_traces_that_a_full_disk_left_are_removed_by_the_next_who_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """The state knows nobody any more, so that nothing would ever rewrite it, and there was no receipt."""
    world, marks = World(tmp_path), Marks(tmp_path / "forgotten")
    world.apps["crm"].user_create(MARA)
    world.settle()

    def full(_: Database) -> None:
        raise StateError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "compact", full)
        with pytest.raises(StateError, match=r"full\. They are forgotten, but traces stay"):
            forgets(world).do(shown(world))
    assert not known(world.sync(), world.db, "mara@x.test")
    assert not list(marks.folder.glob("receipt*"))  # type: ignore[union-attr]
    if after == "a restore":
        file = tmp_path / "b.db"
        copies.backup(world.db, file, world.clock())
        copies.restore(world.db, file, world.clock(), lambda _: False)

    def traces() -> int:
        return sum(path.read_bytes().count(b"Zanzibar") for path in tmp_path.glob("state.db*"))

    assert traces() or world.db.file is None
    (receipt,) = map(dict, finish(world.db, marks))
    assert not traces()
    names = receipt.pop(NAMES)
    assert marks.of_address("mara@x.test") in names
    assert json.loads(marks.receipt_file(receipt["run"]).read_text()) == receipt
    assert receipt["removed"]["golden"] == 1
    assert finish(world.db, marks) == []
    world.db.close()
