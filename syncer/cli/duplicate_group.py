"""One person of whom an app holds several records, as `syncer duplicates` shows and merges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncer.model import LinkKey, Value
    from syncer.usecases.merging import Pair

    Row = tuple[str, Sequence[Value], Value]


@dataclass
class Group:
    """One person in one app, the survivor first. `object`: what the app calls them; `who`: the golden record
    that has all of them already; `merges`: whether the app can make one of them; `fields`: (field, what each
    record holds, what is left), `told`: the same for people; `apart`: record -> why it is left out, though it
    seems to be the same person."""

    sync: str
    app: str
    object: str
    records: Sequence[LinkKey]
    who: str | None
    merges: bool
    fields: Sequence[Row]
    apart: Mapping[str, str]
    told: Sequence[Row] = ()
    merged: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> list[Pair]:
        return [(self.records[0], other) for other in self.records[1:]]

    @property
    def by_hand(self) -> bool:
        """Whether nothing is left that syncer could do about them."""
        return self.who is not None and not self.merges

    def as_json(self) -> dict[str, Any]:
        fields = [{"field": name, "values": held, "after": after} for name, held, after in self.fields]
        ids = [id for _, id in self.records]
        return {
            "sync": self.sync,
            "app": self.app,
            "records": ids,
            "who": self.who,
            "fields": fields,
            "merged": self.merged,
            "left": self.left,
            "apart": self.apart,
        }
