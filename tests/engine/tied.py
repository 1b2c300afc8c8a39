"""To tie people and to take them apart by hand, and what is held of them then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syncer.usecases.linking import Leaving, Linking, Tied
from syncer.usecases.sides import Side, leaving_of, side_of
from syncer.usecases.who import look_up
from tests.engine.world import MAPPING, World

ANNA = {"email": "anna@x.test", "first": "Anna", "last": "Lind", "title": "CEO", "phone": "+6281234567890"}
OTHER = {
    "email": "anna@x.test",
    "name": "Anna Lind",
    "title": "Clerk",
    "consent": "subscribed",
    "tags": ["vip"],
}


def linking(world: World) -> Linking:
    world.clock.sleep(120)
    return Linking(world.sync(), world.db, world.ports())


def side(world: World, who: str) -> Side | None:
    return side_of(look_up(world.sync(), world.db, [who]), who)


def leaving(world: World, names: Sequence[str]) -> Leaving | None:
    return leaving_of(world.sync(), world.db, look_up(world.sync(), world.db, names), names)


def unlink(world: World, *names: str, do: bool = True) -> Tied:
    found = leaving(world, names)
    assert found is not None
    return linking(world).unlink([found], do)


def link(world: World, one: str, other: str, do: bool = True) -> Tied:
    sides = [side(world, who) for who in (one, other)]
    assert sides[0] is not None
    assert sides[1] is not None
    return linking(world).link([(sides[0], sides[1])], do)


def the(world: World, app: str) -> str:
    """The name of the one record of an app."""
    (id,) = world.apps[app].records
    return f"{app}:{id}"


def goldens(world: World) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for golden, app in world.rows("SELECT golden, app FROM link WHERE state = 'live'"):
        found.setdefault(str(golden), set()).add(app)
    return found


def held(world: World, app: str, *fields: str) -> tuple[object, ...]:
    return tuple(world.only(app)[f] for f in fields)


def two(tmp_path: Path, text: str = MAPPING) -> World:
    """Anna, in the CRM and in the helpdesk, and somebody of the mailing tool whom all apps know by now."""
    world = World(tmp_path, text=text)
    world.apps["crm"].user_create({**ANNA, "title": "Clerk"})
    world.apps["mail"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Berg", "status": "active"})
    world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg"})
    world.settle()
    return world


def of(world: World, app: str, email: str) -> dict[str, Any]:
    (values,) = (v for v in world.apps[app].records.values() if v["email"] == email)
    return values


def apart_again(world: World) -> None:
    """Bo is taken for Anna, and all that is Bo's taken out again."""
    ids = [
        f"{n}:{i}" for n, a in world.apps.items() for i, v in a.records.items() if v["email"] == "bo@x.test"
    ]
    link(world, "anna@x.test", "bo@x.test")
    unlink(world, *ids)
    world.settle()
