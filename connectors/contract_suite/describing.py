"""Cases: what a connector says of its app, and how it guards the credential."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from connectors.contract import AppError, AuthRefused, FieldSpec, Kind, UnknownObject
from connectors.contract_suite.hooks import Hooks
from connectors.values import elements

CONSENT = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")
LACKING = "no-such-object"
COERCIONS = ("trim", "lower", "digits", "cut")


class Describing(Hooks):
    def test_the_account_has_a_stable_id(self) -> None:
        first, again = self.connector.check(), self.opened(self.connect()).check()
        assert first.id
        assert isinstance(first.id, str)
        assert first.id == again.id

    def test_checking_the_account_is_one_call(self) -> None:
        before = self.connector.calls
        self.connector.check()
        assert self.connector.calls == before + 1

    def test_a_refused_credential_is_said_so(self) -> None:
        wrong = self.opened(self.connect_refused())
        with pytest.raises(AuthRefused):
            wrong.check()

    def test_a_refused_credential_is_never_repeated(self) -> None:
        if not self.secret:
            pytest.skip("this app asks for no credential")
        wrong = self.opened(self.connect_refused())
        with pytest.raises(AuthRefused) as caught:
            wrong.check()
        assert self.secret not in f"{caught.value!s} {caught.value!r}"

    def test_the_credential_does_not_show_in_the_connection(self) -> None:
        if not self.secret:
            pytest.skip("this app asks for no credential")
        assert self.secret not in f"{self.connector!s} {self.connector!r}"

    def test_the_description_names_the_object_and_each_field(self) -> None:
        assert self.spec.name == self.object
        assert {name: spec.name for name, spec in self.spec.fields.items()} == {
            n: n for n in self.spec.fields
        }
        assert {spec.kind for spec in self.spec.fields.values()} <= set(get_args(Kind))

    def test_the_description_knows_the_fields_that_it_relies_on(self) -> None:
        named = {
            *self.spec.unique,
            *self.spec.lookup,
            *(field for group in self.spec.needs for field in group),
        }
        named |= {field for field in (self.spec.external_id, self.spec.consent_field) if field}
        assert named <= self.spec.fields.keys()
        assert {*self.asked, *self.samples} <= self.spec.fields.keys()

    def test_the_description_is_the_same_when_asked_again(self) -> None:
        assert self.connector.describe(self.object) == self.spec

    def test_the_description_is_what_the_app_has_now(self) -> None:
        """Also after one was taken over: blanks of a field that was removed would be believed else."""
        self.connector.remember(self.spec)
        for _ in range(2):
            before = self.connector.calls
            self.connector.describe(self.object)
            assert self.connector.calls > before

    @pytest.mark.parametrize("loss", ["removed", "renamed"])
    def test_a_group_that_is_gone_is_not_among_those_that_there_are(self, loss: str) -> None:
        """Else whoever was in it would pass for taken out of it, one by one."""
        field = next((name for name in self.samples if self.spec.fields[name].groups), "")
        if not field:
            pytest.skip("no sample of this object is made of groups")
        (id,) = self.seed(1)
        self.write(self.update(id, {field: self.samples[field]}))
        self.settle()
        kept, gone = elements(self.samples[field])
        assert {kept, gone} <= {*self._groups(field)}
        if loss == "removed":
            self.user_drops_group(gone)
        else:
            self.user_renames_group(gone, "Another name")
        self.settle()
        assert {kept, gone} & {*self._groups(field)} == {kept}
        assert gone not in elements(self.held(id, (field,))[field])
        assert ("Another name" in self._groups(field)) == (loss == "renamed")

    def _groups(self, field: str) -> tuple[str, ...]:
        """As a connection says that had described the object before."""
        return self.connector.describe(self.object).fields[field].options

    def test_the_batches_hold_something(self) -> None:
        assert self.spec.batch >= 1
        assert self.spec.fetch_batch >= 1
        assert self.spec.lag >= 0

    def test_options_are_listed_once(self) -> None:
        for spec in self.spec.fields.values():
            assert len(set(spec.options)) == len(spec.options), spec.name

    def test_references_name_their_object(self) -> None:
        for spec in self.spec.fields.values():
            assert bool(spec.reference) == (spec.kind == "reference"), spec.name

    def test_coercions_are_known_ones(self) -> None:
        steps = {step.partition(":")[0] for spec in self.spec.fields.values() for step in spec.coerce}
        assert steps <= set(COERCIONS)

    def test_consent_speaks_the_words_of_the_lattice(self) -> None:
        if self.spec.consent_field is None:
            pytest.skip("this object has no consent field")
        field = self.spec.fields[self.spec.consent_field]
        assert field.kind == "consent"
        assert {*field.consent.values(), *field.consent_set} <= set(CONSENT)
        assert self.spec.consent_on_new in (None, *CONSENT)

    def test_an_object_that_the_app_lacks_is_an_error_with_a_text(self) -> None:
        with pytest.raises(UnknownObject, match=r"\w") as caught:
            self.connector.describe(LACKING)
        assert caught.value.object == LACKING
        assert self.object in caught.value.known

    @pytest.mark.parametrize("call", ["pull", "fetch", "find", "write"])
    def test_nothing_is_read_or_written_of_an_object_that_the_app_lacks(self, call: str) -> None:
        (id,) = self.seed(1)
        self.settle()
        calls: dict[str, Callable[[], object]] = {
            "pull": lambda: list(self.connector.pull(LACKING, None, self.asked)),
            "fetch": lambda: self.connector.fetch(LACKING, [id], self.asked),
            "find": lambda: self.connector.find(LACKING, self.key_field, [self.address(0)], self.asked),
            "write": lambda: self.connector.write(LACKING, [self.update(id, {self.texts[1]: "astray"})]),
        }
        with pytest.raises(AppError, match=r"\w"):
            calls[call]()

    def test_a_new_field_is_made_or_refused_in_words(self) -> None:
        if not self.new_field:
            pytest.skip("no field is named that the app lacks")
        assert self.new_field not in self.spec.fields
        refused = ""
        try:
            self.connector.create_fields(self.object, [FieldSpec(self.new_field, label="Made by a test")])
        except AppError as error:
            refused = str(error)
        assert refused or self.new_field in self.opened(self.connect()).describe(self.object).fields

    def test_closing_twice_does_no_harm(self) -> None:
        other = self.connect()
        other.check()
        other.close()
        other.close()
