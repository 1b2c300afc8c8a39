"""Cases: pull, page by page and poll by poll. Repeats are allowed, gaps are not."""

from __future__ import annotations

import random

import pytest

from connectors.contract import Fetched, Record, Value
from connectors.contract_suite.hooks import Hooks


class Reading(Hooks):
    def test_a_full_pull_gives_every_record(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        assert set(ids) <= self.read()[0].keys()

    def test_a_full_pull_takes_several_pages_here(self) -> None:
        if not self.small_pages:
            pytest.skip("a page of this app holds more records than the test can make")
        self.seed(self.many)
        self.settle()
        assert len(self.pages()) >= 3

    def test_many_pages_are_all_given(self) -> None:
        ids = self.seed(3 * self.many)
        self.settle()
        assert set(ids) <= self.read()[0].keys()

    def test_the_last_page_says_so_and_no_other(self) -> None:
        self.seed(self.many)
        self.settle()
        lasts = [page.last for page in self.pages()]
        assert lasts == [False] * (len(lasts) - 1) + [True]

    def test_an_app_without_people_is_read_to_its_end(self) -> None:
        assert self.pages()[-1].last

    def test_reading_goes_on_from_every_cursor(self) -> None:
        ids = set(self.seed(self.many))
        self.settle()
        seen: set[str] = set()
        for page in self.pages():
            seen |= {record.id for record in page.records}
            if page.cursor is not None:
                assert ids <= seen | self.read(page.cursor)[0].keys()

    def test_a_cursor_works_in_another_connection(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        pages = self.connector.pull(self.object, None, self.asked)
        first = next(pages)
        self.connector = self.opened(self.connect())
        assert set(ids) <= {record.id for record in first.records} | self.read(first.cursor)[0].keys()

    def test_a_pull_may_be_left_in_the_middle(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        next(self.connector.pull(self.object, None, self.asked))
        assert set(ids) <= self.read()[0].keys()

    @pytest.mark.parametrize("slow", [False, True], ids=["at once", "a slow read"])
    def test_edits_between_pages_are_not_lost(self, slow: bool) -> None:
        ids = self.seed(self.many)
        self.settle()
        pages = self.connector.pull(self.object, None, self.asked)
        seen: dict[str, Record] = {}
        while not seen.keys() & set(ids):
            seen |= {record.id: record for record in next(pages).records}
        early = next(id for id in ids if id in seen)
        late = next((id for id in reversed(ids) if id not in seen), ids[-1])
        cursor: str | None = None
        self.user_edit([early], {self.texts[1]: "edited early"})
        self.user_edit([late], {self.texts[1]: "edited late"})
        new = self.user_create(self.person(self.many))
        for _ in range(2 * slow):
            self.settle()
        for page in pages:
            seen |= {record.id: record for record in page.records}
            cursor = page.cursor
        self.settle()
        seen |= self.read(cursor)[0]
        self.assert_up_to_date(seen, [*ids, new])

    def test_a_poll_gives_what_was_edited(self) -> None:
        ids = self.seed(3)
        self.settle()
        cursor = self.read()[1]
        self.user_edit([ids[1]], {self.texts[1]: "news"})
        self.settle()
        assert self.polled(cursor, ids[1]) == "news"

    def test_a_poll_gives_what_was_created(self) -> None:
        self.seed(3)
        self.settle()
        cursor = self.read()[1]
        new = self.user_create(self.person(3))
        self.settle()
        assert new in self.read(cursor)[0]

    def test_a_poll_gives_what_we_wrote(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        cursor = self.read()[1]
        self.write(self.update(id, {self.texts[1]: "ours"}))
        self.settle()
        assert self.polled(cursor, id) == "ours"

    def test_a_poll_without_news_repeats_at_most_what_was_there(self) -> None:
        ids = self.seed(3)
        self.settle()
        before, cursor = self.read()
        after, _ = self.read(cursor)
        assert after.keys() <= before.keys()
        assert {id: after[id].values for id in ids if id in after} == {
            id: before[id].values for id in ids if id in after
        }

    def test_an_edit_that_shows_late_is_given_by_a_later_poll(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        cursor = self.read()[1]
        self.user_edit([id], {self.texts[1]: "late"})
        seen, cursor = self.read(cursor)
        self.settle()
        seen |= self.read(cursor)[0]
        assert seen[id].values[self.texts[1]] == "late"

    def test_what_changed_within_the_lag_is_given_by_the_next_poll_too(self) -> None:
        """Another change of that time may show later: a cursor stops short by the lag that is told."""
        if not self.spec.lag or self.own_cursor:
            pytest.skip("this app shows changes at once, or its own cursor sees to them")
        (id,) = self.seed(1)
        self.settle()
        cursor = self.read()[1]
        self.user_edit([id], {self.texts[1]: "just now"})
        self.elapse(self.spec.lag / 2)
        cursor = self.read(cursor)[1]
        self.settle()
        assert self.polled(cursor, id) == "just now"

    def test_edits_at_one_instant_survive_a_page_edge(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        cursor = self.read()[1]
        self.user_edit(ids, {self.texts[1]: "together"})
        self.settle()
        seen = self.read(cursor)[0]
        assert {id for id in ids if id in seen and seen[id].values[self.texts[1]] == "together"} == set(ids)

    @pytest.mark.parametrize("together", [False, True], ids=["one by one", "at one instant"])
    def test_more_changes_than_a_list_may_hold_are_all_given(self, together: bool) -> None:
        ids = self.seed(self.many)
        self.settle()
        cursor = self.read()[1]
        self.cap(self.many // 2)
        for some in [ids] if together else [[id] for id in ids]:
            self.user_edit(some, {self.texts[1]: "capped"})
        self.settle()
        seen = self.read(cursor)[0]
        assert {id for id in ids if id in seen and seen[id].values[self.texts[1]] == "capped"} == set(ids)

    def test_edits_at_one_instant_survive_every_cursor(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        self.user_edit(ids, {self.texts[1]: "together"})
        self.settle()
        seen: dict[str, Record] = {}
        for page in self.pages():
            seen |= {record.id: record for record in page.records}
            if page.cursor is not None:
                self.assert_up_to_date(seen | self.read(page.cursor)[0], ids)

    def test_an_edit_in_the_instant_of_the_cursor_is_not_lost(self) -> None:
        one, other = self.seed(2)
        self.settle()
        self.user_edit([other], {self.texts[1]: "first"})
        cursor = self.read()[1]
        self.user_edit([one], {self.texts[1]: "second"})
        self.settle()
        assert self.polled(cursor, one) == "second"

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_chain_of_polls_ends_with_what_the_app_holds(self, seed: int) -> None:
        rng = random.Random(seed)
        ids = self.seed(4)
        seen, cursor = self.read()
        for step in range(8):
            if rng.random() < 0.25:
                ids.append(self.user_create(self.person(100 + step)))
            else:
                self.user_edit(rng.sample(ids, rng.randint(1, 3)), {self.texts[1]: f"step {step}"})
            if rng.random() < 0.5:
                news, cursor = self.read(cursor)
                seen |= news
        self.settle()
        self.assert_up_to_date(seen | self.read(cursor)[0], ids)

    def test_an_app_without_a_feed_gives_everything_every_time(self) -> None:
        if self.spec.feed != "scan":
            pytest.skip("this app has a change feed")
        ids = self.seed(self.many)
        self.settle()
        cursor = self.read()[1]
        assert set(ids) <= self.read(cursor)[0].keys()

    def test_an_archived_record_is_not_given_as_a_live_one(self) -> None:
        ids = self.seed(2)
        self.settle()
        cursor = self.read()[1]
        self.user_archive(ids[0])
        self.settle()
        for seen in (self.read()[0], self.read(cursor)[0]):
            assert ids[0] not in seen or seen[ids[0]].archived
        assert not self.read()[0][ids[1]].archived

    def polled(self, cursor: str | None, id: str) -> Value:
        """What a poll shows in the second text field of a record that it has to give."""
        seen = self.read(cursor)[0]
        assert id in seen
        return seen[id].values[self.texts[1]]

    def assert_up_to_date(self, seen: dict[str, Record], ids: list[str]) -> None:
        """The last version that was read of each record is the one that the app holds."""
        answers: dict[str, Fetched] = {}
        for start in range(0, len(ids), self.spec.fetch_batch):
            answers |= self.fetch(*ids[start : start + self.spec.fetch_batch])
        holds = {id: answer.record.values for id, answer in answers.items() if answer.record}
        assert {id: seen[id].values for id in ids if id in seen} == holds
