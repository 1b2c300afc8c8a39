"""Conditions: what they read, what they answer, and how they fail."""

from __future__ import annotations

import pytest

from mappings.expressions import ExpressionInvalid, compile_condition
from mappings.model import ExpressionFailed, Value


def answer(text: str, values: dict[str, Value]) -> bool:
    condition = compile_condition(text)
    return condition.predicate(condition.free_names())(values)


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("role == 'end-user'", {"role": "end-user"}, True),
        ("role == 'end-user'", {"role": "agent"}, False),
        ("role == 'end-user'", {}, False),
        ("role == null", {}, True),
        ("user_fields.city == 'Bandung'", {"user_fields.city": "Bandung"}, True),
        ("user_fields.city == null && user_fields.plan == 'a'", {"user_fields.plan": "a"}, True),
        ("'vip' in tags", {"tags": ["vip", "x"]}, True),
        ("tags.exists(t, t.startsWith('crm-'))", {"tags": ["crm-a"]}, True),
        ("email.endsWith('@example.com')", {"email": "a@example.com"}, True),
        ("size > 3 || name == 'size'", {"size": 2, "name": "size"}, True),
        ("true", {}, True),
    ],
)
def test_a_condition_answers(text: str, values: dict[str, Value], holds: bool) -> None:
    assert answer(text, values) is holds


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("size > 3", {"size": "private"}),
        ("email.endsWith('x')", {}),
        ("role", {"role": "private"}),
        ("10 / size == 1", {"size": 0}),
    ],
)
def test_a_condition_that_fails_says_so_without_values(text: str, values: dict[str, Value]) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        answer(text, values)
    assert text in str(caught.value)
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("role == 'city'", ("role",)),
        ("fields.city == 'x' && fields.city != role", ("fields.city", "role")),
        ("email.endsWith('x')", ("email",)),
        ("tags.exists(t, t == role)", ("tags", "role")),
        ("size(tags) > 1", ("tags",)),
        ("\"role\" == 'x'", ()),
    ],
)
def test_a_condition_knows_the_fields_that_it_reads(text: str, names: tuple[str, ...]) -> None:
    condition = compile_condition(text)
    assert condition.names(["role", "fields.city", "email", "tags"]) == names
    assert condition.free_names() == names


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("role ==", "not complete", 7),
        ("role = 'x'", "this = does not compare", 5),
        ("a == 1 && b=2", "this = does not compare", 11),
        ("role === 'x'", "this = does not compare", 7),
        ("a =< 3", "cannot be understood", 2),
        ("role == 'a=b", "cannot be understood", 8),
        ("role == \u2018x\u2019", "curly quotes", 8),
        ("\u201crole == 'x'\u201d", "curly quotes", 0),
        ("role == '\u2019' && b=2", "this = does not compare", 16),
        ("", "not complete", 0),
        ("a && upper(b) == 'x'", "'upper' is not a function", 5),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused_at_its_place(text: str, what: str, at: int) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_condition(text)
    assert what in caught.value.what
    assert caught.value.at == at
    assert caught.value.cure


def test_an_unknown_field_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_condition("true && rol == 'x'").names(["role", "email"])
    assert (caught.value.what, caught.value.at) == ("'rol' is not a field here", 8)
    assert caught.value.cure == "Did you mean 'role'?"


TYPES = {
    "email": "email",
    "tags": "tags",
    "number": "integer",
    "price": "decimal",
    "staff": "boolean",
    "day": "date",
    "sizes": "multi_choice",
    "consent": "consent",
}


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("email.startsWith(3)", True),
        ("email.matches('[')", True),
        ("number + email == 'a'", True),
        ("price > 3", True),
        ("price != null && double(price) > 3.0", False),
        ("email.endsWith('@x.test')", False),
        ("consent == 'subscribed' && (email == null || email.matches('^B.*'))", False),
        ("tags.exists(t, t.startsWith('v')) && sizes[0] == 'L'", False),
        ("number > 3 && !staff", False),
        ("timestamp(day) > timestamp('2030-01-01T00:00:00Z')", False),
        ("email == null ? false : size(email) > 3", False),
    ],
)
def test_a_condition_that_fails_for_every_record_is_known(text: str, fails: bool) -> None:
    condition = compile_condition(text)
    assert condition.fails_always({name: TYPES[name] for name in condition.names(TYPES)}) == fails


def test_the_texts_that_a_field_is_compared_with() -> None:
    condition = compile_condition("a == 'x' && 'y' != a && b == 'z' && a.b == 'v' && 'w' == a.c")
    assert list(condition.compared_with("a")) == [("x", 5), ("y", 12)]
