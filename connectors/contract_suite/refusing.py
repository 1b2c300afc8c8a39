"""Cases: what the app refuses is said by record and by field, and costs the others nothing."""

from __future__ import annotations

import pytest

from connectors.contract import Value
from connectors.contract_suite.hooks import Hooks


class Refusing(Hooks):
    @pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
    def test_a_refused_create_does_not_cost_its_batch(self, place: int) -> None:
        field, value = self.refused()
        writes = [self.create({**self.person(n), **({field: value} if n == place else {})}) for n in range(5)]
        outcomes = [result.outcome for result in self.write(*writes)]
        assert outcomes == ["rejected" if n == place else "applied" for n in range(5)]

    @pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
    def test_a_refused_update_does_not_cost_its_batch(self, place: int) -> None:
        field, value = self.refused()
        ids = self.seed(5)
        poison = {ids[place]: {field: value}}
        results = self.write(*(self.update(id, {self.texts[1]: "in", **poison.get(id, {})}) for id in ids))
        assert [r.outcome for r in results] == ["rejected" if n == place else "applied" for n in range(5)]
        assert [self.held(id)[self.texts[1]] for n, id in enumerate(ids) if n != place] == ["in"] * 4

    def test_a_refused_field_is_named_with_a_reason(self) -> None:
        refusals = self.refusals()
        (id,) = self.seed(1)
        for field, value in refusals:
            (result,) = self.write(self.update(id, {self.texts[1]: "fine", field: value}))
            assert result.outcome == "rejected", field
            assert result.fields.keys() == {field}
            assert result.fields[field]
            assert result.reason

    def test_a_refused_write_changes_nothing(self) -> None:
        refusals, full, every = self.refusals(), self.full(), self.writable(self.spec.fields)
        (id,) = self.seed(1)
        for field, value in refusals:
            before = self.held(id, every)
            self.write(self.update(id, {self.texts[1]: "half", **full, field: value}))
            assert self.held(id, every) == before

    def test_a_refused_create_leaves_no_record(self) -> None:
        for n, (field, value) in enumerate(self.refusals()):
            self.refused_without_a_trace(n, field, value)

    def test_a_create_with_a_missing_reference_is_refused_without_a_record_or_made_without_it(self) -> None:
        name = next((n for n, s in self.spec.fields.items() if s.kind == "reference"), None)
        if name is None or self.spec.fields[name].writable == "no":
            pytest.skip("this object has no reference that can be written")
        self.refused_without_a_trace(0, name, self.missing_id)

    def refused_without_a_trace(self, n: int, field: str, value: Value) -> None:
        """A create with one refused field: ``rejected`` and no record, or ``applied`` but for it."""
        given = {**self.person(n), field: value}
        (result,) = self.write(self.create(given))
        self.settle()
        assert result.outcome in ("applied", "rejected")
        assert field in result.fields
        if field != self.key_name:
            assert self.copies(n) == (result.outcome == "applied")

    def test_a_key_that_another_record_has_is_refused_by_name(self) -> None:
        self.enforced()
        one, _ = self.seed(2)
        if self.spec.fields[self.key_field].writable != "yes":
            pytest.skip("the key cannot be changed in this app")
        self.settle()
        (result,) = self.write(self.update(one, {self.key_field: self.address(1)}))
        assert result.outcome == "rejected"
        assert self.key_field in result.fields
        assert self.held(one)[self.key_field] == self.expected(self.key_field, self.address(0))

    def test_what_is_done_beside_a_taken_key_is_said_as_it_is(self) -> None:
        self.enforced()
        one, _ = self.seed(2)
        if self.spec.fields[self.key_field].writable != "yes":
            pytest.skip("the key cannot be changed in this app")
        self.settle()
        self.partly(one, self.key_field, self.address(1))

    def test_what_is_done_beside_a_missing_reference_is_said_as_it_is(self) -> None:
        name = next((n for n, s in self.spec.fields.items() if s.kind == "reference"), None)
        if name is None or self.spec.fields[name].writable == "no":
            pytest.skip("this object has no reference that can be written")
        (id,) = self.seed(1)
        self.partly(id, name, self.missing_id)

    def partly(self, id: str, field: str, refused: Value) -> None:
        """An update with one refused field: ``rejected`` and nothing is done, or ``applied`` but for it."""
        before = self.held(id, (field,))
        (result,) = self.write(self.update(id, {self.texts[1]: "beside", field: refused}))
        assert result.outcome in ("applied", "rejected")
        assert result.fields.keys() == {field}
        assert result.reason
        assert self.held(id, (field,)) == before
        assert (self.held(id)[self.texts[1]] == "beside") == (result.outcome == "applied")
        if result.record is not None:
            assert result.record.values[self.texts[1]] == "beside"
            assert result.record.values.get(field, before[field]) == before[field]

    def test_a_create_without_a_needed_field_is_refused_with_a_reason(self) -> None:
        if not self.spec.needs:
            pytest.skip("this object needs no field")
        group = self.spec.needs[0]
        values = {name: value for name, value in self.person(0).items() if name not in group}
        (result,) = self.write(self.create(values or {self.texts[1]: "alone"}))
        assert result.outcome == "rejected"
        assert result.reason
