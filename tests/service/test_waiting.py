"""What waits to be done: once each, in order, and what apps tell of in one go."""

from __future__ import annotations

from syncer.service.waiting import LONGEST, MANY, QUIET, Job, Waiting

ORDER = ("companies", "contacts")


def taken(waiting: Waiting, now: float) -> list[tuple[str, str]]:
    found = []
    while (job := waiting.take(now)) is not None:
        found.append((job.kind, job.sync))
    return found


def test_what_others_point_to_comes_first_and_each_once() -> None:
    waiting = Waiting(ORDER)
    for kind, sync in [
        ("verify", "companies"),
        ("sync", "contacts"),
        ("sync", "companies"),
        ("sync", "contacts"),
    ]:
        waiting.ask(Job(kind, sync))
    assert taken(waiting, 1.0) == [("sync", "companies"), ("sync", "contacts"), ("verify", "companies")]


def test_a_sync_that_is_due_again_at_once_lets_the_others_have_their_turn() -> None:
    waiting = Waiting(ORDER)
    for sync in ORDER:
        waiting.ask(Job("sync", sync))
    assert waiting.take(1.0) == Job("sync", "companies")
    waiting.ask(Job("sync", "companies"))
    assert taken(waiting, 2.0) == [("sync", "contacts"), ("sync", "companies")]


def test_what_is_put_off_waits() -> None:
    waiting = Waiting(ORDER)
    waiting.ask(Job("sync", "contacts"), 10.0)
    assert (waiting.take(9.0), waiting.wake_at()) == (None, 10.0)
    assert waiting.take(10.0) == Job("sync", "contacts")


def test_asked_for_again_it_comes_at_the_earlier_time() -> None:
    waiting = Waiting(ORDER)
    waiting.ask(Job("sync", "contacts"), 10.0)
    waiting.ask(Job("sync", "contacts"), 3.0)
    waiting.ask(Job("sync", "contacts"), 7.0)
    assert taken(waiting, 3.0) == [("sync", "contacts")]


def test_news_are_looked_at_once_it_is_quiet() -> None:
    waiting = Waiting(ORDER)
    waiting.tell("contacts", [("crm", "1")], 0.0)
    waiting.tell("contacts", [("crm", "1"), ("crm", "2")], 0.2)
    assert waiting.take(0.2 + QUIET - 0.01) is None
    assert waiting.take(0.2 + QUIET) == Job("touch", "contacts", (("crm", "1"), ("crm", "2")))
    assert waiting.wake_at() is None


def test_news_without_end_do_not_wait_for_ever() -> None:
    waiting = Waiting(ORDER)
    for step in range(11):
        waiting.tell("contacts", [("crm", str(step))], step / 10)
    assert waiting.take(LONGEST) is not None


def test_very_many_news_are_left_to_the_feed() -> None:
    waiting = Waiting(ORDER)
    waiting.tell("contacts", [("crm", str(n)) for n in range(MANY + 1)], 0.0)
    assert waiting.take(LONGEST) == Job("sync", "contacts")


def test_a_sync_that_the_config_lost_is_forgotten() -> None:
    waiting = Waiting(ORDER)
    waiting.ask(Job("sync", "contacts"))
    waiting.tell("contacts", [("crm", "1")], 0.0)
    waiting.keep_only(("companies",))
    assert (waiting.take(9.0), waiting.wake_at()) == (None, None)
