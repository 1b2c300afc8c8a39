"""Forgetting people where an app does not do all that it is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.contract import Options, Unavailable
from connectors.memory import MemoryConnector
from syncer.forgotten import Marks
from syncer.usecases import forgetting
from tests.engine.world import World


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
