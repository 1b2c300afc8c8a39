"""Forgetting people where an app does not do all that it is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.contract import Options, Page, Unavailable
from connectors.memory import MemoryConnector
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.forgotten import Marks
from syncer.usecases import forgetting
from syncer.usecases.steward import Steward
from tests.engine.world import World


@pytest.mark.parametrize("reading", [False, True], ids=["between runs", "while a run reads"])
def test_who_is_let_in_again_is_read_again(tmp_path: Path, reading: bool) -> None:
    world, marks = World(tmp_path), Marks(tmp_path / "forgotten")
    marks.prepare()
    marks.add([marks.of_address("mara@x.test")], world.clock())

    def run() -> None:
        world.clock.sleep(120)
        Engine(replace(world.sync(), marks=marks), world.db, world.ports()).run(RunOptions())

    def accept(*_: object) -> None:
        steward = Steward(world.db, "contacts", ("email", "phone"))
        for review in steward.reviews():
            steward.answer(review, "together", world.clock())

    world.apps["crm"].user_create({"email": "zoe@x.test", "first": "Zoe", "last": "Ray"})
    run()
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind"})
    run()
    if reading:
        world.apps["crm"].user_edit(next(iter(world.apps["crm"].records)), {"title": "CEO"})
        world.connectors["crm"].pull = then(world.connectors["crm"].pull, accept)  # type: ignore[method-assign]
    else:
        accept()
    run()
    run()
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
    config = cast(Any, SimpleNamespace(model=SimpleNamespace(forget=SimpleNamespace(in_apps="erase"))))
    monkeypatch.setattr(forgetting, "PORTION", 2)
    sync = replace(world.sync(), marks=Marks(tmp_path / "forgotten"))
    forgets = forgetting.Forgetting(config, sync, world.db, world.ports())
    done = forgets.do(forgets.show([("crm", id) for id in ids]))
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
