"""The tokens of logins in the state: sealed, replaced by those of a new login, renewed by one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Token, Unavailable
from syncer.store.sharing import Shared
from syncer.store.tokens import LASTS, SharedTokens
from syncer.store.vault import Vault, new_key

TOKEN = Token("access-1", "refresh-1", datetime(2030, 1, 1, tzinfo=UTC))


class World:
    """Processes that share a state, and what they know of each other."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.dead: set[str] = set()
        self.key = new_key()

    def process(self, holder: str, login: str = "login", sealed: bool = True) -> SharedTokens:
        vault = Vault([self.key] if sealed else [])
        return SharedTokens(
            self.shared, vault, login, "crm", holder, lambda: self.now, self.alive, self.sleep
        )

    def alive(self, holder: str) -> bool:
        return holder not in self.dead

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 30))


@pytest.fixture
def world(url: str) -> Iterator[World]:
    shared = Shared(url)
    yield World(shared)
    shared.close()


def kept(world: World) -> str:
    with world.shared.transaction() as db:
        return str([*db.rows("SELECT * FROM token"), *db.rows("SELECT * FROM meta")])


def keep(tokens: SharedTokens, token: Token) -> None:
    with tokens.alone():
        tokens.keep(token)


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "without a key"])
def test_a_token_is_read_as_it_was_kept(world: World, sealed: bool) -> None:
    tokens = world.process("a", sealed=sealed)
    assert tokens.read() is None
    keep(tokens, TOKEN)
    assert world.process("b", sealed=sealed).read() == TOKEN
    assert ("refresh-1" in kept(world)) != sealed


def test_a_new_login_takes_the_place_of_the_one_before(world: World) -> None:
    keep(world.process("a", "before", sealed=False), TOKEN)
    keep(world.process("a", "after", sealed=False), Token("access-2", "refresh-2"))
    assert "refresh-1" not in kept(world)
    assert world.process("b", "after", sealed=False).read() == Token("access-2", "refresh-2")


def test_one_process_at_a_time(world: World) -> None:
    with world.process("a").alone():
        world.now -= timedelta(days=1)  # the claim is good for long
        with pytest.raises(Unavailable, match="another process keeps renewing"):
            keep(world.process("b"), TOKEN)


def test_the_claim_of_a_dead_process_is_taken_over_at_once(world: World) -> None:
    with world.process("a").alone():
        world.dead.add("a")
        before = world.now
        with world.process("b").alone():
            assert world.now == before


def test_a_claim_ends(world: World) -> None:
    with world.process("a").alone():
        before = world.now
        with world.process("b").alone():
            assert world.now - before >= LASTS


def test_a_claim_that_was_taken_over_is_not_given_back_by_who_lost_it(world: World) -> None:
    """The machine of the first one sleeps beyond the claim."""
    for name in ("b", "a"):  # by another process, and by another thread of the same one
        with ExitStack() as later:
            with world.process("a").alone():
                world.now += 2 * LASTS
                later.enter_context(world.process(name).alone())
            before = world.now
            with world.process("c").alone():
                assert world.now - before >= LASTS


def test_a_late_token_does_not_replace_the_one_that_was_got_meanwhile(world: World) -> None:
    """A refresh token may be good for one use: the one kept last is the one that is good."""
    late, other = world.process("a"), world.process("b")
    keep(late, TOKEN)
    new = Token("access-2", "refresh-2")
    with late.alone():
        world.now += 2 * LASTS
        with other.alone():
            assert other.replace(TOKEN, new) == new
        assert late.replace(TOKEN, Token("access-3", "refresh-3")) == new
    assert world.process("c").read() == new


def test_a_late_token_is_kept_where_who_took_over_got_none(world: World) -> None:
    late, other = world.process("a"), world.process("b")
    new = Token("access-2", "refresh-2")
    for old in (None, TOKEN):
        with late.alone():
            world.now += 2 * LASTS
            with other.alone():
                pass  # refused by the app: the refresh token is spent
            assert late.replace(old, new) == new
        assert other.read() == new
        keep(late, TOKEN)


def test_a_claim_is_given_back_after_an_error(world: World) -> None:
    with pytest.raises(ValueError, match="lost"), world.process("a").alone():
        raise ValueError("lost")
    before = world.now
    with world.process("b").alone():
        assert world.now == before
