"""Cases: a create meets a record that has its key. Nothing is done to that record."""

from __future__ import annotations

from connectors.contract_suite.hooks import Hooks


class Existing(Hooks):
    def test_a_create_on_an_existing_key_changes_nothing(self) -> None:
        self.enforced()
        (id,) = self.seed(1)
        self.settle()
        before = self.held(id)
        (result,) = self.write(self.create({**self.person(0), self.texts[1]: "somebody else's"}))
        assert result.outcome == "existed"
        assert result.id in (None, id)
        assert self.held(id) == before

    def test_a_create_on_an_existing_key_changes_nothing_else_either(self) -> None:
        """Tags and references: what takes further calls in many apps. Consent may be lowered, as it belongs
        to the address in some; the connector's README says so then."""
        self.enforced()
        (id,) = self.seed(1)
        self.settle()
        kept = [name for name, spec in self.spec.fields.items() if spec.kind != "consent"]
        before = self.held(id, self.writable(kept))
        (result,) = self.write(self.create({**self.full(), **self.person(0)}))
        assert result.outcome == "existed"
        self.settle()
        assert self.held(id, self.writable(kept)) == before

    def test_a_create_on_the_key_of_an_archived_record_leaves_that_one_archived(self) -> None:
        self.enforced()
        (id,) = self.seed(1)
        self.user_archive(id)
        self.settle()
        (result,) = self.write(self.create({**self.person(0), self.texts[1]: "back again"}))
        assert result.outcome in ("applied", "existed", "rejected")
        if result.outcome == "applied":
            assert result.id != id
            assert self.fetch(result.id or "")[result.id or ""].state == "found"
        assert self.fetch(id)[id].state == ("unknown" if "archived" in self.untold else "archived")

    def test_a_create_on_an_existing_key_makes_no_second_record(self) -> None:
        self.enforced()
        (id,) = self.seed(1)
        self.settle()
        self.write(self.create(self.person(0)))
        self.settle()
        assert [record.id for record in self.find(self.address(0))] == [id]

    def test_a_create_on_an_existing_key_in_another_case_changes_nothing(self) -> None:
        self.enforced()
        (id,) = self.seed(1)
        self.settle()
        before = self.held(id)
        (result,) = self.write(self.create({**self.person(0), self.key_field: self.address(0).upper()}))
        assert result.outcome == "existed"
        assert self.held(id) == before

    def test_an_existing_key_does_not_spoil_its_batch(self) -> None:
        self.enforced()
        self.seed(2)
        self.settle()
        writes = [self.create(self.person(n)) for n in (5, 1, 6)]
        assert [r.outcome for r in self.write(*writes)] == ["applied", "existed", "applied"]

    def test_the_same_create_again_makes_no_second_record(self) -> None:
        self.enforced()
        write = self.create(self.person(0))
        assert [self.write(write)[0].outcome for _ in range(2)] == ["applied", "existed"]

    def test_two_creates_of_one_key_in_a_batch_make_one_record(self) -> None:
        self.enforced()
        results = self.write(self.create(self.person(0)), self.create(self.person(0)))
        self.settle()
        assert [r.outcome for r in results].count("applied") <= 1
        assert len(self.find(self.address(0))) == 1
