"""Order within a run does not matter: two worlds that differ in nothing but the order in which apps and the
state list what has no order of its own come to the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from connectors.contract import Value
from syncer.ports import Inline, Task

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

R = TypeVar("R")


class FromTheEnd(Inline):
    """Apps take their turns in the other order."""

    def drive(self, tasks: Mapping[str, Task[R]]) -> dict[str, R]:
        names = sorted(tasks, reverse=True)
        results = super().drive({f"{at:03}": tasks[name] for at, name in enumerate(names)})
        return {names[int(at)]: result for at, result in results.items()}


def differences(one: World, other: World) -> Iterator[str]:
    """What an app holds in one of them and not in the other; whose record it is counts, its id does not. Of a
    number only the whole part does: two apps that round what we write, and do not say so, pass for two edits
    made when we wrote there, and the later one stays."""
    for app in one.apps:
        here, there = _held(one, app), _held(other, app)
        if here != there:
            yield f"{app} holds {_told(here - there)} in one order and {_told(there - here)} in the other"


def _held(world: World, app: str) -> Counter[str]:
    memory = world.memory
    slots = world.setting.later.apps[app].slots
    return Counter(
        f"{memory.of((app, id))} {sorted((n, _whole(v)) for n, v in values.items() if v is not None)}"
        for id, held in world.apps[app].records.items()
        for values in ({name: value for name, value in held.items() if name in slots},)
    )


def _whole(value: Value) -> Value:
    return int(value) if isinstance(value, float) else value


def _told(held: Counter[str]) -> str:
    return "; ".join(sorted(held)) or "nothing"
