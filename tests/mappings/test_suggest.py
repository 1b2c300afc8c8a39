"""Proposals: which fields are taken for the same thing, and what is left out rather than guessed."""

from __future__ import annotations

import pytest

from mappings.bind import OpenShape
from mappings.suggest import SURE, Found, Proposal, likeness, suggest


def found(app: str, name: str, kind: str = "text", label: str = "", **how: object) -> Found:
    return Found(app, OpenShape(name, kind, **how), label)  # type: ignore[arg-type]


def plan(app: str, *options: str) -> Found:
    return found(app, "plan", "choice", options=options)


def proposed(*fields: Found) -> Proposal:
    by_app: dict[str, list[Found]] = {}
    for one in fields:
        by_app.setdefault(one.app, []).append(one)
    return suggest("contact", dict.fromkeys(by_app, "people"), by_app)


def places(proposal: Proposal) -> dict[str, dict[str, str]]:
    return {one.name: one.places for one in proposal.fields}


def test_usual_fields_are_known_by_any_of_their_names() -> None:
    proposal = proposed(
        found("crm", "email"),
        found("crm", "jobtitle"),
        found("desk", "mail_x", label="E-mail address"),
        found("desk", "user_fields.job_title"),
    )
    assert places(proposal) == {
        "email": {"crm": "email", "desk": "mail_x"},
        "job_title": {"crm": "jobtitle", "desk": "user_fields.job_title"},
    }
    assert [one.type for one in proposal.fields] == ["email", "text"]
    assert proposal.fields[0].confidence < proposal.fields[1].confidence


def test_one_text_for_a_full_name_carries_both_parts() -> None:
    proposal = proposed(
        found("crm", "firstname"),
        found("crm", "lastname"),
        found("mail", "fields.name"),
        found("mail", "fields.last_name"),
        found("desk", "name"),
    )
    assert places(proposal) == {
        "first_name": {"crm": "firstname", "mail": "fields.name", "desk": "name.first"},
        "last_name": {"crm": "lastname", "mail": "fields.last_name", "desk": "name.last"},
    }


def test_fields_of_ones_own_are_matched_by_name_kind_and_values() -> None:
    proposal = proposed(
        found("crm", "membership_number", label="Membership number"),
        found("desk", "user_fields.membership_no", label="Membership No."),
        found("crm", "seats", "integer"),
        found("desk", "user_fields.seats", "decimal"),
        found("crm", "loyal", "boolean"),
        found("desk", "user_fields.loyal", "date"),
    )
    assert places(proposal) == {
        "membership_number": {"crm": "membership_number", "desk": "user_fields.membership_no"},
        "seats": {"crm": "seats", "desk": "user_fields.seats"},
    }
    assert {(app, name) for app, name, _ in proposal.left_out} == {
        ("crm", "loyal"),
        ("desk", "user_fields.loyal"),
    }


def test_what_is_read_only_somewhere_is_only_read_there_and_never_proposed_where_nothing_is_written() -> None:
    proposal = proposed(
        found("crm", "city"),
        found("desk", "city", writable="no"),
        found("crm", "created", "datetime", writable="no"),
        found("desk", "created", "datetime", writable="no"),
    )
    assert places(proposal) == {"city": {"crm": "city", "desk": "{field: city, direction: from}"}}
    assert len(proposal.left_out) == 2


@pytest.mark.parametrize(
    ("a", "b", "sure"),
    [
        (plan("a", "free", "pro"), plan("b", "Pro", "Free"), True),
        (plan("a", "free", "pro"), plan("b", "red", "blue"), False),
        (found("a", "tier"), found("b", "level"), False),
        (found("a", "member_id"), found("b", "membership", label="Member ID"), True),
        (found("a", "score", "integer"), found("b", "score", "date"), False),
    ],
)
def test_likeness_weighs_names_choices_and_kinds(a: Found, b: Found, sure: bool) -> None:
    assert (likeness(a, b) >= SURE) is sure
    assert likeness(a, b) == likeness(b, a)
