"""Cursors: ``since|<time>`` between polls, ``read|<safe>|<since>|<phase>|<reached>`` within one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from connectors.contract import AppError
from connectors.values import moment


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands: what it began from, which phase has been read and how far, and from where the next
    poll may start. A time that is None is the beginning."""

    since: datetime | None = None
    phase: int = 0
    reached: datetime | None = None
    safe: datetime | None = None

    @classmethod
    def of(cls, cursor: str | None) -> Place:
        """Raises `AppError` for what is no cursor of ours."""
        if cursor is None:
            return cls()
        match cursor.split("|"):
            case ["since", time]:
                return cls(moment(time), reached=moment(time))
            case ["read", safe, since, phase, reached] if phase.isdecimal():
                return cls(moment(since), int(phase), moment(reached), moment(safe))
        raise AppError("mailchimp: this cursor is not one of ours; read again with syncer resync.")

    def at(self, phase: int, reached: datetime | None, safe: datetime) -> Place:
        """What has been read by now. The first answer of a read says what is safe."""
        first = safe if self.since is None else max(safe, self.since)
        return replace(self, phase=phase, reached=reached, safe=self.safe or first)

    def text(self) -> str:
        return "|".join(("read", _iso(self.safe), _iso(self.since), str(self.phase), _iso(self.reached)))

    def end(self) -> str:
        return f"since|{_iso(self.safe)}"


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
