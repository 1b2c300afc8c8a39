"""Deliberate errors of the engine which these histories must notice, each with a bound for how soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from conflicts import consent
from mappings.slots import BaseSlot, TagSlot
from syncer.core import merge, resolve
from syncer.core.lens import Lens
from syncer.sync import App
from tests.simulation.engine.mutant import Mutant


def always(value: object) -> Any:
    """An attribute that is this, whatever it is set to."""
    return property(lambda _: value, lambda *_: None)


def words_forgotten() -> Sequence[Any]:
    return (patch.object(TagSlot, "split", BaseSlot.split),)


def read_only_written() -> Sequence[Any]:
    return (patch.object(BaseSlot, "flows_out", always(True)),)


def off_written() -> Sequence[Any]:
    return (patch.object(App, "writes", always(True)),)


def not_worked_out() -> Sequence[Any]:
    return (patch.object(merge, "look_up_derived", lambda _: None),)


def opted_in_by_any() -> Sequence[Any]:
    return (patch.object(consent, "may_raise", lambda *_: True),)


def never_given_back() -> Sequence[Any]:
    return (patch.object(Lens, "stands", lambda *_: True),)


def conflicts_settled_by_golden() -> Sequence[Any]:
    original = resolve._settle

    def settle(merging: Any, name: str, answer: Any) -> None:
        original(merging, name, replace(answer, chosen=None))

    return (patch.object(resolve, "_settle", settle),)


MUTANTS = (
    Mutant("words_forgotten", "an edit of a set loses the words that the app cannot show", words_forgotten),
    Mutant("read_only_written", "a place that is only read from is written", read_only_written),
    Mutant("off_written", "an app with `writes: off` is written", off_written),
    Mutant("not_worked_out", "what is worked out does not follow", not_worked_out),
    Mutant("opted_in_by_any", "any opt-in lifts an opt-out", opted_in_by_any),
    Mutant("never_given_back", "a company that is back is not given back", never_given_back),
    Mutant("settled_by_golden", "whatever a person chooses, golden stays", conflicts_settled_by_golden),
)
