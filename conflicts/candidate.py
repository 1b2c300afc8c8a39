"""A candidate: one value that wants to be the golden value of a field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Value: TypeAlias = str | int | float | bool | list[str] | None
Kind = Literal["edit", "first", "join", "golden"]
TimeKind = Literal["field", "record", "previous", "observed", "golden"]


@dataclass(slots=True)  # a value all the same: frozen ones cost three times as much to make
class Candidate:
    """`value` in golden form; who holds it (`app`, `record`); when it was set, and how we know (`time_kind`):
    the field's own history, the record's stamp, the previous observation where our own write moved the stamp
    last, or the moment we saw it.

    kind   edit    a person changed it since we last looked
           first   found at the first contact of records that are now linked
           join    found where a golden value already stood
           golden  the golden value itself, where the editing app had not agreed with it yet
    """

    value: Value
    app: str
    record: str
    time: datetime
    kind: Kind = "edit"
    time_kind: TimeKind = "record"
