"""Cases: fetch by id and find by key."""

from __future__ import annotations

from itertools import count, islice

import pytest

from connectors.contract_suite.hooks import Hooks

ODD_KEYS = {
    "plus": "a.person+tag@example.com",
    "apostrophe": "o'neil@example.com",
    "ampersand": "r&d=1@example.com",
    "percent": "50%20off@example.com",
    "hash": "no#1@example.com",
}


class Finding(Hooks):
    def test_fetch_gives_a_record_with_its_values(self) -> None:
        (id,) = self.seed(1)
        answer = self.fetch(id)[id]
        assert (answer.state, answer.id) == ("found", id)
        assert answer.record is not None
        assert answer.record.id == id
        assert answer.record.values[self.texts[0]] == self.person(0)[self.texts[0]]

    def test_fetch_answers_once_for_each_id(self) -> None:
        ids = self.seed(3)
        asked = [ids[2], self.missing_id, ids[0]]
        answers = self.connector.fetch(self.object, asked, self.asked)
        assert sorted(answer.id for answer in answers) == sorted(asked)

    def test_fetch_keeps_the_records_apart(self) -> None:
        ids = self.seed(3)
        names = [self.held(id)[self.texts[0]] for id in ids]
        together = self.fetch(*reversed(ids))
        assert names == [self.person(n)[self.texts[0]] for n in range(3)]
        assert [r.values[self.texts[0]] for id in ids if (r := together[id].record)] == names

    def test_an_id_that_never_was_is_not_found(self) -> None:
        assert self.fetch(self.missing_id)[self.missing_id].state in ("unknown", "deleted")

    def test_a_missing_id_does_not_spoil_the_others(self) -> None:
        (id,) = self.seed(1)
        answers = self.fetch(self.missing_id, id)
        assert answers[id].state == "found"

    def test_fetch_sees_an_edit_at_once(self) -> None:
        (id,) = self.seed(1)
        self.user_edit([id], {self.texts[1]: "just now"})
        assert self.held(id)[self.texts[1]] == "just now"

    def test_an_archived_record_is_told_as_archived(self) -> None:
        (id,) = self.seed(1)
        self.user_archive(id)
        assert self.fetch(id)[id].state == self.told("archived")

    def test_a_deleted_record_is_not_found(self) -> None:
        (id,) = self.seed(1)
        self.user_delete(id)
        assert self.fetch(id)[id].state in ("deleted", "unknown", "archived")

    def test_a_merged_record_leads_to_the_one_that_lives(self) -> None:
        loser, winner = self.seed(2)
        into = self.user_merge(loser, winner)
        answer = self.fetch(loser)[loser]
        assert (answer.state, answer.into) == (self.told("merged"), None if "merged" in self.untold else into)
        assert self.fetch(into)[into].state == "found"

    def told(self, state: str) -> str:
        """What fetch says of a record that became this; never that it was deleted."""
        return "unknown" if state in self.untold else state

    def test_fetching_nothing_costs_nothing(self) -> None:
        before = self.connector.calls
        assert list(self.connector.fetch(self.object, [], self.asked)) == []
        assert self.connector.calls == before

    def test_a_full_fetch_batch_is_answered(self) -> None:
        ids = self.seed(min(self.spec.fetch_batch, self.many))
        missing = (f"{self.missing_id[:-4]}{9999 - n:04d}" for n in count())
        filler = list(islice((id for id in missing if id not in ids), self.spec.fetch_batch - len(ids)))
        answers = self.fetch(*ids, *filler)
        assert len(answers) == self.spec.fetch_batch
        assert all(answers[id].state == "found" for id in ids)

    def test_find_by_key(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        for n in (self.many - 1, self.many // 2, 0):
            assert [record.id for record in self.find(self.address(n))] == [ids[n]]

    def test_find_does_not_mind_the_case_of_a_key(self) -> None:
        if self.key_field == self.spec.external_id:
            pytest.skip("our own id is always written in the same way")
        (id,) = self.seed(1)
        self.settle()
        assert [record.id for record in self.find(self.address(0).upper())] == [id]

    def test_find_several_keys_at_once(self) -> None:
        ids = self.seed(self.many)
        self.settle()
        found = self.find(*(self.address(n) for n in (self.many - 1, 0, "nobody")))
        assert {record.id for record in found} == {ids[0], ids[-1]}

    def test_find_gives_only_what_was_asked_for(self) -> None:
        self.seed(2)
        self.settle()
        (record,) = self.connector.find(self.object, self.key_field, [self.address(1)], [self.texts[0]])
        assert dict(record.values) == {self.texts[0]: self.person(1)[self.texts[0]]}

    def test_find_more_keys_than_a_batch_holds(self) -> None:
        (id,) = self.seed(1)
        self.settle()
        nobody = (self.address(f"nobody-{n}") for n in range(self.spec.batch))
        assert [record.id for record in self.find(*nobody, self.address(0))] == [id]

    def test_an_unknown_key_finds_nothing(self) -> None:
        self.seed(1)
        self.settle()
        assert list(self.find(self.address("nobody"))) == []

    def test_finding_nothing_costs_nothing(self) -> None:
        before = self.connector.calls
        assert list(self.find()) == []
        assert self.connector.calls == before

    @pytest.mark.parametrize("odd", ODD_KEYS.values(), ids=ODD_KEYS.keys())
    def test_find_a_key_with_odd_characters(self, odd: str) -> None:
        self.seed(1)
        id = self.user_create({**self.person(1), self.key_field: odd})
        self.settle()
        assert [record.id for record in self.find(odd)] == [id]

    def test_find_what_we_made(self) -> None:
        id = self.created(self.person(0))
        self.settle()
        assert [record.id for record in self.find(self.address(0))] == [id]

    def test_find_by_our_own_id(self) -> None:
        if self.spec.external_id is None:
            pytest.skip("this object has no place for our id")
        id = self.created({**self.person(0), self.spec.external_id: "golden-17"})
        self.created(self.person(1))
        self.settle()
        found = self.find("golden-17", field=self.spec.external_id)
        assert [record.id for record in found] == [id]

    def test_find_by_the_key_of_a_merged_record_gives_the_one_that_lives(self) -> None:
        loser, winner = self.seed(2)
        into = self.user_merge(loser, winner)
        self.settle()
        (record,) = self.connector.fetch(self.object, [into], self.asked)
        assert record.record is not None
        others = record.record.other_keys.get(self.key_field, ())
        found = [found.id for found in self.find(self.address(0))]
        if not found and self.address(0) not in others:
            pytest.skip("this app forgets the key of a merged record")
        assert found == [into]
        assert self.address(0) in (*others, record.record.values[self.key_field])
