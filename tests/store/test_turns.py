"""Commands beside the service: each has its turn, in the order of their wishes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from syncer.store import turns
from syncer.store.database import Database
from syncer.store.lease import Busy, hold
from syncer.store.turns import Patience

AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
SERVICE, ME, OTHER = "here:1:a:x", "here:2:b:x", "here:3:c:x"


def now() -> datetime:
    return AT


def always(_: str) -> bool:
    return True


@pytest.fixture
def service(url: str) -> Database:
    """The service's connection."""
    return Database(url)


def patience(sleep: Callable[[float], None], told: list[str]) -> Patience:
    return Patience(ME, now, always, told.append, sleep)


def test_without_a_service_busy_is_told_at_once(db: Database, service: Database) -> None:
    told: list[str] = []
    db.patience = patience(lambda _: pytest.fail("it waited"), told)
    with hold(service, "contacts", OTHER, now, always), pytest.raises(Busy):
        hold(db, "contacts", ME, now, always).__enter__()
    assert told == []
    service.close()


def test_beside_the_service_a_command_waits_for_its_turn(db: Database, service: Database) -> None:
    told: list[str] = []
    with hold(service, turns.SERVICE, SERVICE, now, always), ExitStack() as run:
        run.enter_context(hold(service, "contacts", SERVICE, now, always))

        def sleep(_: float) -> None:
            run.close()  # the service's run ends
            with pytest.raises(Busy, match="process 2"):  # and it begins no other one before us
                hold(service, "contacts", SERVICE, now, always).__enter__()

        db.patience = patience(sleep, told)
        with hold(db, "contacts", ME, now, always):
            pass
        with hold(service, "contacts", SERVICE, now, always):
            pass  # nothing is left of the wish
    assert len(told) == 1
    assert told[0] == (
        "contacts is busy: process 1 on here is working on it. Waiting for our turn beside the service."
    )
    service.close()


def test_who_wished_first_comes_first(db: Database, service: Database) -> None:
    with hold(service, turns.SERVICE, SERVICE, now, always):
        first = Patience(OTHER, lambda: AT - timedelta(seconds=1), always, sleep=lambda _: None)
        with first.waiting(service, "contacts") as again:
            assert again(Busy("contacts", SERVICE, ""))
            with pytest.raises(Busy, match="process 3"):
                hold(db, "contacts", ME, now, always).__enter__()
            with hold(db, "companies", ME, now, always):
                pass  # another space is another queue
    service.close()


def test_the_wish_of_a_process_that_was_killed_ends(db: Database, service: Database) -> None:
    with hold(service, turns.SERVICE, SERVICE, now, always):
        killed = Patience(OTHER, now, always, sleep=lambda _: None)
        with killed.waiting(service, "contacts") as again:
            assert again(Busy("contacts", SERVICE, ""))

            def gone(holder: str) -> bool:
                return holder != OTHER

            def later() -> datetime:
                return AT + turns.LASTS + timedelta(seconds=1)

            with hold(db, "contacts", ME, now, gone):
                pass  # it is known to be dead
            with pytest.raises(Busy):
                hold(db, "contacts", ME, now, always).__enter__()
            with hold(db, "contacts", ME, later, always):
                pass  # nothing is known of it, but it is not heard of any more
            with db.transaction():
                turns.forget_dead(db, later())
                assert db.rows("SELECT name FROM meta WHERE name LIKE 'wish:%'") == []
    service.close()
