"""A first read is committed many pages at once, and loses nothing by it where it ends early."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Page, Unavailable
from syncer.engine import Engine, Options
from syncer.ports import Inline, Ports, Stopping
from syncer.reading.portion import SOON
from tests.engine.world import CRM, World

PEOPLE = 12  # a page each


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    text = """
object: contact
apps: {crm: {object: contacts}}
match: {exact: [email], names: [first_name, last_name]}
rule: newest
fields:
  email: {type: email, in: {crm: email}}
  first_name: {type: name, in: {crm: first}}
  last_name: {type: name, in: {crm: last}}
"""
    world = World(tmp_path, {"crm": replace(CRM, page_size=1)}, text)
    for n in range(PEOPLE):
        world.apps["crm"].user_create({"email": f"p{n}@y.test", "first": "Person", "last": f"No{n:02d}"})
    yield world
    world.db.close()


class Crash(BaseException):
    """The process is gone."""


def hindered(world: World, what: Mapping[int, Callable[[], None]]) -> None:
    """Number of a page, from 0 -> what happens in the next reading while that page is asked for."""
    connector = world.connectors["crm"]

    def pull(object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        del connector.pull  # type: ignore[method-assign]
        for n, page in enumerate(connector.pull(object, cursor, fields)):
            what.get(n, lambda: None)()
            yield page

    connector.pull = pull  # type: ignore[method-assign]


def fail() -> None:
    raise Unavailable("down")


def crash() -> None:
    raise Crash


def waiting(world: World) -> int:
    ((count,),) = world.rows("SELECT COUNT(*) FROM observation")
    assert isinstance(count, int)
    return count


def test_all_pages_of_a_small_app_are_one_commit(world: World) -> None:
    commits: list[int] = []

    def count() -> None:
        ((rows,),) = world.db.rows("SELECT COUNT(*) FROM observation")
        commits.append(rows)

    world.db.before_commit.append(count)
    assert world.run().apps["crm"].read == PEOPLE
    assert [rows for rows in commits if rows] == [PEOPLE, PEOPLE]  # with the end of the reading


@pytest.mark.parametrize("error", [fail, crash])
def test_what_was_read_before_a_failure_is_kept_and_after_a_crash_it_is_read_again(
    world: World, error: Callable[[], None]
) -> None:
    kept = 5 if error is fail else 0
    hindered(world, {5: error})
    with pytest.raises(Crash) if error is crash else nullcontext():
        assert world.run().apps["crm"].read == 5
    assert waiting(world) == kept
    assert world.run().apps["crm"].read == PEOPLE - kept
    assert len(world.rows("SELECT id FROM golden")) == PEOPLE


def test_what_was_read_before_a_stop_is_kept(world: World) -> None:
    def progress(stage: str, app: str, number: int) -> None:
        if number == 7:
            raise Stopping

    ports = Ports(world.clock, lambda now: "run-stopped", Inline(), "test", lambda _: False, progress)
    with pytest.raises(Stopping):
        Engine(world.sync(), world.db, ports).run(Options())
    assert waiting(world) == 7
    assert world.run().apps["crm"].read == PEOPLE - 7


def test_the_pages_of_a_slow_app_are_kept_on_the_way(world: World) -> None:
    hindered(world, {3: lambda: world.clock.sleep(SOON.total_seconds()), 6: crash})
    with pytest.raises(Crash):
        world.run()
    assert waiting(world) == 5
