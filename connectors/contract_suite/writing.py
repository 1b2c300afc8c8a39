"""Cases: creates, updates and archives, alone and in batches."""

from __future__ import annotations

import pytest

from connectors.contract import Merging, Value, Write
from connectors.contract_suite.forms import plain
from connectors.contract_suite.hooks import Hooks


class Writing(Hooks):
    def test_a_create_gives_the_id_of_the_new_record(self) -> None:
        id = self.created(self.person(0))
        assert self.held(id)[self.texts[0]] == self.person(0)[self.texts[0]]

    def test_a_merge_leaves_the_one_that_it_names(self) -> None:
        one, other = self.mergeable()
        result = self.merging.merge(self.object, one, other)
        assert (result.ref, result.outcome) == (other, "applied")
        self.settle()
        found = self.fetch(result.id or one, other)
        lives, gone = found[result.id or one], found[other]
        assert lives.state == "found"
        assert (gone.state, gone.into) == ("merged", lives.id)

    def test_a_merge_with_nobody_changes_nothing(self) -> None:
        one, _ = self.mergeable()
        before = self.held(one)
        result = self.merging.merge(self.object, one, self.missing_id)
        assert result.outcome in ("rejected", "stale")
        assert self.held(one) == before

    def mergeable(self) -> list[str]:
        """Two records that the app can merge."""
        if not isinstance(self.connector, Merging) or self.object not in self.connector.mergeable:
            pytest.skip("this app merges no such records")
        ids = self.seed(2)
        self.settle()
        return ids

    @property
    def merging(self) -> Merging:
        assert isinstance(self.connector, Merging)
        return self.connector

    def test_an_update_changes_the_fields_that_were_sent_and_no_others(self) -> None:
        id = self.created({**self.person(0), **self.full(), self.texts[1]: "before"})
        before = self.held(id, tuple(self.spec.fields))
        (result,) = self.write(self.update(id, {self.texts[1]: "after"}))
        assert (result.outcome, result.id) == ("applied", id)
        after = self.held(id, tuple(self.spec.fields))
        plain = [name for name, spec in self.spec.fields.items() if spec.writable == "yes"]
        assert {name for name in plain if before[name] != after[name]} == {self.texts[1]}

    def test_an_update_leaves_other_records_alone(self) -> None:
        one, other = self.seed(2)
        before = self.held(other)
        self.write(self.update(one, {self.texts[1]: "mine"}))
        assert self.held(other) == before

    def test_the_same_update_again_is_applied_again(self) -> None:
        (id,) = self.seed(1)
        outcomes = [self.write(self.update(id, {self.texts[1]: "same"}))[0].outcome for _ in range(2)]
        assert outcomes == ["applied", "applied"]

    def test_an_update_of_several_fields_sets_all_of_them(self) -> None:
        id = self.created(self.person(0))
        sent: dict[str, Value] = {name: f"Several {n}" for n, name in enumerate(self.texts[:3])}
        if len(sent) < 3:
            sent |= dict(list(self.samples.items())[:1])
        (result,) = self.write(self.update(id, sent))
        assert result.outcome == "applied", result.reason
        held = self.held(id, tuple(sent))
        assert {name: plain(held[name]) for name in sent} == {
            name: plain(self.expected(name, value)) for name, value in sent.items()
        }

    def test_of_two_updates_of_one_record_in_a_batch_the_later_stands(self) -> None:
        (id,) = self.seed(1)
        texts = ("the first", "the second")
        results = self.write(*(self.update(id, {self.texts[1]: text}) for text in texts))
        if "unknown" not in {result.outcome for result in results}:
            done = [t for t, result in zip(texts, results, strict=True) if result.outcome == "applied"]
            assert done
            assert self.held(id)[self.texts[1]] == done[-1]

    def test_two_updates_of_one_record_in_a_batch_are_both_done(self) -> None:
        (id,) = self.seed(1)
        sent = {self.texts[0]: "Named Anew", self.texts[1]: "placed anew"}
        results = self.write(*(self.update(id, {name: text}) for name, text in sent.items()))
        held = self.held(id)
        for (name, text), result in zip(sent.items(), results, strict=True):
            assert result.outcome != "applied" or held[name] == text

    def test_clearing_a_field_leaves_it_blank(self) -> None:
        id = self.user_create({**self.person(0), self.texts[1]: "to be cleared"})
        (result,) = self.write(self.update(id, {self.texts[1]: None}))
        assert result.outcome == "applied", result.reason
        assert self.held(id)[self.texts[1]] is None

    def test_an_applied_write_shows_how_the_record_now_stands(self) -> None:
        if not self.spec.answers:
            pytest.skip("this app's answer to a write does not carry the record")
        (id,) = self.seed(1)
        (result,) = self.write(self.update(id, {self.texts[1]: "answered"}))
        assert result.record is not None
        assert result.record.id == id
        assert result.record.values[self.texts[1]] == "answered"

    def test_the_record_in_an_answer_is_what_the_app_has_made_of_it(self) -> None:
        if not self.spec.answers:
            pytest.skip("this app's answer to a write does not carry the record")
        (id,) = self.seed(1)
        sent: dict[str, Value] = dict.fromkeys(self.texts, "  Two Words\t ")
        if self.key_name and self.spec.fields[self.key_name].writable == "yes":
            sent[self.key_name] = self.address(1).upper()
        (result,) = self.write(self.update(id, sent))
        assert result.record is not None
        assert dict(result.record.values) == dict(self.held(id, tuple(result.record.values)))

    def test_an_update_of_a_missing_record_is_not_applied(self) -> None:
        (result,) = self.write(self.update(self.missing_id, {self.texts[1]: "lost"}))
        assert result.outcome in ("rejected", "stale")
        assert result.reason

    def test_an_update_of_a_deleted_record_is_not_applied(self) -> None:
        (id,) = self.seed(1)
        self.user_delete(id)
        self.settle()
        (result,) = self.write(self.update(id, {self.texts[1]: "lost"}))
        assert result.outcome in ("rejected", "stale")

    def test_a_missing_record_does_not_spoil_its_batch(self) -> None:
        one, other = self.seed(2)
        writes = [self.update(id, {self.texts[1]: "kept"}) for id in (one, self.missing_id, other)]
        outcomes = [result.outcome for result in self.write(*writes)]
        assert (outcomes[0], outcomes[2]) == ("applied", "applied")
        assert [self.held(id)[self.texts[1]] for id in (one, other)] == ["kept", "kept"]

    def test_different_kinds_and_fields_go_in_one_batch(self) -> None:
        one, other = self.seed(2)
        results = self.write(
            self.update(one, {self.texts[0]: "New Name"}),
            self.create(self.person(2)),
            self.update(other, {self.texts[1]: "elsewhere"}),
        )
        assert [result.outcome for result in results] == ["applied"] * 3
        assert self.held(one)[self.texts[0]] == "New Name"
        assert self.held(other)[self.texts[1]] == "elsewhere"

    def test_writing_nothing_costs_nothing(self) -> None:
        before = self.connector.calls
        assert list(self.connector.write(self.object, [])) == []
        assert self.connector.calls == before

    @pytest.mark.parametrize("beyond", [0, 1], ids=["at_the_limit", "beyond_the_limit"])
    def test_a_large_batch_is_applied_whole(self, beyond: int) -> None:
        size = self.spec.batch + beyond
        results = self.write(*(self.create(self.person(n)) for n in range(size)))
        assert [result.outcome for result in results] == ["applied"] * size
        assert len({result.id for result in results}) == size

    def test_a_large_batch_of_updates_is_applied_whole(self) -> None:
        size = self.spec.batch + 1
        made = self.write(*(self.create(self.person(n)) for n in range(size)))
        ids = [result.id or "" for result in made]
        results = self.write(*(self.update(id, {self.texts[1]: f"place {n}"}) for n, id in enumerate(ids)))
        assert [(result.outcome, result.id) for result in results] == [("applied", id) for id in ids]
        assert self.held(ids[0])[self.texts[1]] == "place 0"
        assert self.held(ids[-1])[self.texts[1]] == f"place {size - 1}"

    def test_results_are_named_by_ref_and_not_by_place(self) -> None:
        (id,) = self.seed(1)
        writes = [
            Write("z / 1", "create", None, self.person(1)),
            Write("a|2", "update", id, {self.texts[1]: "x"}),
        ]
        assert [result.ref for result in self.write(*writes)] == ["z / 1", "a|2"]
        assert self.held(id)[self.texts[1]] == "x"

    def test_an_archive_takes_the_record_away(self) -> None:
        id, other = self.archivable(2)
        (result,) = self.write(self.archival(id))
        assert result.outcome == "applied", result.reason
        assert self.fetch(id)[id].state in ("archived", "deleted", "unknown")
        assert self.fetch(other)[other].state == "found"

    def test_an_archived_record_comes_back_where_that_is_told(self) -> None:
        if self.spec.archive != "restorable":
            pytest.skip("nothing comes back from this app's archive")
        (id,) = self.seed(1)
        before = self.held(id)
        self.write(self.archival(id))
        self.user_restore(id)
        assert self.held(id) == before

    def test_an_archive_again_does_no_harm(self) -> None:
        (id,) = self.archivable(1)
        self.write(self.archival(id))
        (result,) = self.write(self.archival(id))
        assert result.outcome in ("applied", "stale", "rejected")

    def archivable(self, n: int) -> list[str]:
        if self.spec.archive == "none":
            pytest.skip("this app offers no archive")
        return self.seed(n)
