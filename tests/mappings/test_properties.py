"""What holds for every value: equality is an equivalence, and what is written reads back the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.bind import OpenShape
from mappings.model import BadValue, Value
from mappings.slots import BaseSlot, FirstSlot, PartsSlot, TagSlot, boundary
from mappings.types import TYPES, Form, Kind, MultiChoice, Name, Phone, Tags
from mappings.types.text import name_key

SHAPE = OpenShape("field")
KINDS: dict[str, Kind] = {name: type() for name, type in TYPES.items()} | {
    "phone": Phone(("ID", "IR")),
    "tags": Tags(("vip", "Trial"), "crm-"),
}
FORMS = [
    Form(),
    Form(format="national", as_="locale", options=("COMPUTER_SOFTWARE", "en-GB")),
    Form(format="international", as_="text"),
]

words = st.sampled_from(
    "Ann|ann |علي|علی|a\r\nb|a\nb|Iran|IR|iran|en-US|English|subscribed|+62 811-234-567|0811 234 567|"
    "vip|VIP|crm-A|17|17.0|0|-0|true|no|a@b.c|A@B.c|www.example.com|https://example.com/|COMPUTER SOFTWARE|"
    "e\u0301|é|| |ß|İ|\ufeff|\u200c".split("|")
)
texts = st.one_of(words, st.text(max_size=12))
values: st.SearchStrategy[Value] = st.one_of(
    st.none(), texts, st.booleans(), st.integers(-(10**6), 10**6), st.floats(), st.lists(texts, max_size=4)
)
names = st.sampled_from(sorted(KINDS))


def golden_of(kind: Kind, value: Value) -> Value:
    try:
        return kind.read(value)
    except BadValue:
        return None


@given(names, values)
def test_reading_is_total_or_says_bad_value_without_repeating_it(name: str, value: Value) -> None:
    told = ""
    try:
        KINDS[name].read(value)
    except BadValue as error:
        told = str(error)
    assert not (isinstance(value, str) and len(value) > 6 and value in told)


@given(names, values)
def test_a_golden_value_reads_as_itself(name: str, value: Value) -> None:
    kind = KINDS[name]
    golden = golden_of(kind, value)
    assert golden_of(kind, golden) == golden


@given(names, values, values, values)
def test_same_is_an_equivalence_on_golden_values(name: str, a: Value, b: Value, c: Value) -> None:
    kind = KINDS[name]
    x, y, z = (golden_of(kind, value) for value in (a, b, c))
    assert kind.same(x, x)
    assert kind.same(x, y) == kind.same(y, x)
    if kind.same(x, y) and kind.same(y, z):
        assert kind.same(x, z)
    assert kind.same(x, None) == (x is None)


def slots(name: str, form: Form, *coerce: str) -> BaseSlot:
    kind, shape = KINDS[name], replace(SHAPE, coerce=coerce)
    if isinstance(kind, Tags):
        return TagSlot("app", shape, ("f",), kind, kind.read, kind.show, kind.mapped)
    if isinstance(kind, MultiChoice):
        return TagSlot("app", shape, ("f",), kind, kind.reader(form), kind.shower(form), kind.mapper(form))
    return BaseSlot("app", shape, ("f",), kind, kind.reader(form), kind.shower(form))


@given(names, st.sampled_from(FORMS), values, values, values)
def test_same_is_an_equivalence_on_app_values(name: str, form: Form, a: Value, b: Value, c: Value) -> None:
    slot = slots(name, form)
    assert slot.same(a, a)
    assert slot.same(a, b) == slot.same(b, a)
    if slot.same(a, b) and slot.same(b, c):
        assert slot.same(a, c)


@given(names, st.sampled_from(FORMS), values, st.lists(texts, max_size=4))
def test_what_is_written_reads_back_the_same(name: str, form: Form, value: Value, seen: list[str]) -> None:
    kind, slot = KINDS[name], slots(name, form)
    golden = golden_of(kind, value)
    written = slot.project({"f": golden}, seen)
    assert kind.same(slot.split(written, {})["f"], golden)


@given(
    names,
    values,
    st.sampled_from([(), ("trim",), ("lower",), ("trim", "lower"), ("cut:5",), ("trim", "cut:5")]),
)
def test_projecting_what_an_app_coerced_changes_nothing_more(
    name: str, value: Value, coerce: tuple[str, ...]
) -> None:
    slot = slots(name, Form(), *coerce)
    once = slot.project({"f": golden_of(KINDS[name], value)}, None)
    assert slot.same(slot.coerced(once), once)


@given(st.lists(texts, max_size=5), st.lists(texts, max_size=5))
def test_tags_of_others_are_never_touched(golden: list[str], seen: list[str]) -> None:
    kind = Tags(("vip", "Trial"), "crm-")
    slot = TagSlot("app", SHAPE, ("f",), kind, kind.read, kind.show, kind.mapped)
    written = slot.project({"f": kind.read(golden)}, seen) or []
    assert isinstance(written, list)
    foreign = [tag for tag in seen if kind.mapped(tag) is None]
    assert [tag for tag in written if kind.mapped(tag) is None] == foreign
    assert slot.project({"f": kind.read(golden)}, written) == (written or None)


@given(
    st.lists(st.sampled_from(["a.com", "b.com", "www.C.com", "c.com"]), max_size=4),
    st.sampled_from(["a.com", "c.com", "d.com"]),
)
def test_the_first_of_a_list_reads_back_and_settles(seen: list[str], golden: str) -> None:
    kind = TYPES["domain"]()
    slot = FirstSlot("app", SHAPE, ("f",), kind, kind.read, kind.show)
    written = slot.project({"f": golden}, seen)
    assert slot.split(written, {}) == {"f": golden}
    assert slot.project({"f": golden}, written) == written


name_parts = st.lists(st.sampled_from(["Ann", "Lee", "Mary", "van", "علی", "ann"]), max_size=3).map(" ".join)


@given(name_parts, name_parts)
def test_a_full_name_splits_back_into_the_parts_it_was_made_of(first: str, last: str) -> None:
    slot = PartsSlot("app", SHAPE, "first", "last", Name())
    golden: dict[str, Value] = {"first": first or None, "last": last or None}
    whole = slot.project(golden, None)
    parts = slot.split(whole, golden)
    assert slot.same(slot.project(parts, None), whole)
    if first:
        assert parts == golden


@given(st.text(max_size=30), name_parts, name_parts)
@settings(max_examples=200)
def test_splitting_a_name_loses_no_word(whole: str, first: str, last: str) -> None:
    before, after = boundary(whole, first, last)
    assert name_key(f"{before} {after}") == name_key(whole)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_type_is_checked_here(name: str) -> None:
    assert KINDS[name].name == name
