"""In which order a plan is sent: a unique value is freed before another record takes it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syncer.model import Item, Mark, Value, fold_key


def in_waves(items: Sequence[Item], unique: Mapping[str, Collection[str]]) -> list[list[Item]]:
    """The items, in waves that are sent one after the other. `unique`: app -> its unique slots. No order
    helps those who swap their values: they go together, and the app says no."""
    holders = {
        (item.app, name, fold_key(str(before))): place
        for place, item in enumerate(items)
        for name, (before, _) in _unique_changes(item, unique)
        if before and not isinstance(before, Mark)
    }
    awaited = {
        place: {
            holders[key]
            for name, (_, after) in _unique_changes(item, unique)
            if (key := (item.app, name, fold_key(str(after)))) in holders and holders[key] != place
        }
        for place, item in enumerate(items)
    }
    waves = []
    while awaited:
        ready = [place for place, others in awaited.items() if not any(other in awaited for other in others)]
        ready = ready or list(awaited)
        waves.append([items[place] for place in ready])
        for place in ready:
            del awaited[place]
    return waves


def _unique_changes(
    item: Item, unique: Mapping[str, Collection[str]]
) -> list[tuple[str, tuple[Value | Mark, Value]]]:
    return [(name, item.slots[name]) for name in unique.get(item.app, ()) if name in item.slots]
