"""A file that is locked just now is waited for; one that cannot be used otherwise is told at once."""

from __future__ import annotations

import sqlite3

import pytest

from syncer.store.database import _log_ahead


class Connection:
    """Fails so many times, then works."""

    def __init__(self, code: int, times: int) -> None:
        self.code, self.times, self.asked = code, times, 0

    def execute(self, _: str) -> None:
        self.asked += 1
        if self.asked <= self.times:
            error = sqlite3.OperationalError("no")
            error.sqlite_errorcode = self.code
            raise error


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY])
def test_a_locked_file_is_waited_for(code: int) -> None:
    connection = Connection(code, 2)
    _log_ahead(connection)
    assert connection.asked == 3


@pytest.mark.parametrize("code", [sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN])
def test_any_other_error_is_told_at_once(code: int) -> None:
    connection = Connection(code, 1)
    with pytest.raises(sqlite3.OperationalError):
        _log_ahead(connection)
    assert connection.asked == 1
