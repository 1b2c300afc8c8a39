"""Cases: consent. It is shown alike in every way, never weaker than it was sent, and never claimed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connectors.contract import FieldSpec, Result, Value
from connectors.contract_suite.describing import CONSENT
from connectors.contract_suite.forms import as_text
from connectors.contract_suite.hooks import Hooks

LEAST = CONSENT.index("unsubscribed")


class Consenting(Hooks):
    def test_an_unsubscribe_is_never_weaker_than_it_was_sent(self) -> None:
        field = self.unsubscribable()
        for n, state in enumerate(self.lowered(field)):
            id = self.created(self.person(n))
            (result,) = self.write(self.update(id, {field.name: field.consent_set[state]}))
            assert result.outcome == "applied", result.reason
            self.assert_at_least_unsubscribed(field, id, n, result)

    def test_who_opts_out_in_the_app_is_read_as_that(self) -> None:
        """What the connector writes and reads may be the wrong way round both times."""
        field = self.consent()
        id = self.created(self.person(0))
        self.settle()
        cursor = self.read(fields=(field.name,))[1]
        self.user_unsubscribe(id)
        ways = self.consents(field, id, 0)
        ways["poll"] = self.among(self.read(cursor, (field.name,))[0].values(), id)
        for way, values in ways.items():
            state = self.state(field, values)
            assert state is not None, way
            assert CONSENT.index(state) >= LEAST, way

    def test_a_create_on_an_existing_key_raises_no_consent(self) -> None:
        field = self.unsubscribable()
        self.enforced()
        id = self.created(self.person(0))
        self.write(self.update(id, {field.name: field.consent_set["unsubscribed"]}))
        self.settle()
        before = self.held(id, (field.name,))
        asked = field.consent_set.get("subscribed")
        sent = {field.name: asked} if asked is not None else {}
        (result,) = self.write(self.create({**self.person(0), **sent}))
        assert result.outcome in ("existed", "rejected")
        assert self.held(id, (field.name,)) == before

    def test_a_create_with_an_unsubscribe_is_never_weaker_than_it_was_sent(self) -> None:
        field = self.unsubscribable()
        for n, state in enumerate(self.lowered(field)):
            (result,) = self.write(self.create({**self.person(n), field.name: field.consent_set[state]}))
            assert result.outcome in ("applied", "rejected"), result.reason
            if result.outcome == "applied":
                self.assert_at_least_unsubscribed(field, result.id or "", n, result)

    def test_a_raise_of_consent_is_said_as_it_is(self) -> None:
        """An app may refuse it, or wait for the person: what is said then is not that it was done."""
        field = self.consent()
        if "subscribed" not in field.consent_set:
            pytest.skip("nobody can be subscribed in this app by API")
        id = self.created(self.person(0))
        if "unsubscribed" in field.consent_set:
            self.write(self.update(id, {field.name: field.consent_set["unsubscribed"]}))
        before = self.state(field, self.held(id, (field.name,)))
        sent = {field.name: field.consent_set["subscribed"]}
        (result,) = self.write(self.update(id, sent))
        shown = {way: self.state(field, values) for way, values in self.consents(field, id, 0).items()}
        if result.outcome == "applied" and field.name not in result.fields:
            said = result.record.values if result.record else sent
            assert set(shown.values()) == {self.state(field, {**sent, **said})}, shown
        else:
            assert result.reason
            assert set(shown.values()) == {before}, shown

    def test_an_update_does_not_touch_consent(self) -> None:
        field = self.unsubscribable()
        id = self.created(self.person(0))
        self.write(self.update(id, {field.name: field.consent_set["unsubscribed"]}))
        before = self.held(id, (field.name,))
        for name, value in {self.texts[1]: "other news", **self.samples}.items():
            self.write(self.update(id, {name: value}))
            assert self.held(id, (field.name,)) == before, name

    def test_another_address_does_not_lift_an_opt_out(self) -> None:
        """In some apps an opt-out is an address's, or lifted by the app where the address changes."""
        field = self.unsubscribable()
        if self.spec.fields[self.key_field].writable != "yes" or self.key_field == self.spec.external_id:
            pytest.skip("nobody gets another address by this connector")
        id = self.created(self.person(0))
        self.write(self.update(id, {field.name: field.consent_set["unsubscribed"]}))
        (result,) = self.write(self.update(id, {self.key_field: self.address(1)}))
        held = self.held(id, (self.key_field, field.name))
        assert (held[self.key_field] == self.address(1)) == (
            result.outcome == "applied" and not result.fields
        )
        state = self.state(field, held)
        assert state is not None
        assert CONSENT.index(state) >= LEAST

    def test_a_new_record_has_the_declared_consent(self) -> None:
        field = self.consent()
        id = self.created(self.person(0))
        for way, values in self.consents(field, id, 0).items():
            assert self.state(field, values) == self.spec.consent_on_new, way

    def consent(self) -> FieldSpec:
        if self.spec.consent_field is None:
            pytest.skip("this object has no consent field")
        return self.spec.fields[self.spec.consent_field]

    def unsubscribable(self) -> FieldSpec:
        field = self.consent()
        if "unsubscribed" not in field.consent_set:
            pytest.skip("nobody can be unsubscribed in this app by API")
        return field

    def lowered(self, field: FieldSpec) -> list[str]:
        """The states that can be set, from ``unsubscribed`` on."""
        return [state for state in CONSENT[LEAST:] if state in field.consent_set]

    def state(self, field: FieldSpec, values: Mapping[str, Value]) -> str | None:
        """The word of the lattice for what these values say; an unlisted value says nothing."""
        return field.consent.get(as_text(values[field.name]))

    def consents(self, field: FieldSpec, id: str, n: int) -> dict[str, Mapping[str, Value]]:
        """The consent of the n-th person in each way of reading."""
        return self.shown(id, n, (field.name,))

    def assert_at_least_unsubscribed(self, field: FieldSpec, id: str, n: int, result: Result) -> None:
        shown = self.consents(field, id, n)
        if result.record and field.name in result.record.values:
            shown["answer"] = result.record.values
        for way, values in shown.items():
            state = self.state(field, values)
            assert state is not None, way
            assert CONSENT.index(state) >= LEAST, way
