"""Order within a run does not matter: two worlds that differ in nothing but the order in which apps and the
state list what has no order of its own come to the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.engine.world import World


def differences(one: World, other: World) -> Iterator[str]:
    """What an app holds in one of them and not in the other; whose record it is counts, its id does not."""
    for app in one.apps:
        here, there = _held(one, app), _held(other, app)
        if here != there:
            yield f"{app} holds {_told(here - there)} in one order and {_told(there - here)} in the other"


def _held(world: World, app: str) -> Counter[str]:
    memory = world.memory
    slots = world.setting.later.apps[app].slots
    return Counter(
        f"{memory.of((app, id))} {sorted((n, v) for n, v in values.items() if n in slots and v is not None)}"
        for id, values in world.apps[app].records.items()
    )


def _told(held: Counter[str]) -> str:
    return "; ".join(sorted(held)) or "nothing"
