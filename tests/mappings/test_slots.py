"""Slots: one app field read and written as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import BROKEN
from mappings.bind import OpenShape
from mappings.model import BadValue, Unshown, Value
from mappings.slots import (
    BaseSlot,
    ConsentSlot,
    FirstSlot,
    PartsSlot,
    ReferenceSlot,
    TagSlot,
    boundary,
    coercion,
)
from mappings.types import TYPES, Consent, Form, Name, Reference, Tags

SHAPE = OpenShape("field")


def tag_slot(kind: Tags) -> TagSlot:
    return TagSlot("app", SHAPE, ("f",), kind, kind.read, kind.show, kind.mapped)


def single(type: str, *coerce: str, form: Form | None = None) -> BaseSlot:
    kind = TYPES[type]()
    form = form or Form()
    return BaseSlot("app", replace(SHAPE, coerce=coerce), ("f",), kind, kind.reader(form), kind.shower(form))


@pytest.mark.parametrize(
    ("old_first", "old_last", "whole", "first", "last"),
    [
        ("Mary Ann", "Lee", "Mary Ann Leigh", "Mary Ann", "Leigh"),
        ("Mary", "Ann Lee", "Mary Ann Leigh", "Mary", "Ann Leigh"),
        ("Mary Ann", "Lee", "Marie Anne Lee", "Marie Anne", "Lee"),
        ("Siti", "Nur Haliza", "Sitti Nur Haliza", "Sitti", "Nur Haliza"),
        ("Mary", "Lee", "Anna Maria Schmidt", "Anna Maria", "Schmidt"),
        ("", "", "Anna Maria Schmidt", "Anna Maria", "Schmidt"),
        ("", "", "Suharto", "Suharto", ""),
        ("Budi", "", "Budi Santoso", "Budi", "Santoso"),
        ("Budi", "Santoso", "Budi", "Budi", ""),
        ("Budi", "Santoso", "Santoso", "", "Santoso"),
        ("Budi", "Santoso", "Agus", "Agus", ""),
        ("Mary", "Lee", "Mary Ann Lee", "Mary", "Ann Lee"),
        ("Mary", "Lee", "Mary Lee Lee", "Mary", "Lee Lee"),
        ("Mary Ann", "", "Mary Ann", "Mary Ann", ""),
        ("", "van der Berg", "Jan van der Berg", "Jan", "van der Berg"),
        ("Mar", "Lee", "Mary Jones", "Mary", "Jones"),
        ("علی", "کریمی", "علي رضایی", "علی", "رضایی"),
        ("Mary", "Lee", "  Mary   Leigh ", "Mary", "Leigh"),
        ("Mary", "Lee", "", "", ""),
    ],
)
def test_a_full_name_is_split_beside_the_known_boundary(
    old_first: str, old_last: str, whole: str, first: str, last: str
) -> None:
    assert boundary(whole, old_first, old_last) == (first, last)


class TestParts:
    slot = PartsSlot("zendesk", replace(SHAPE, coerce=("cut:12",)), "first", "last", Name())

    @pytest.mark.parametrize(
        ("golden", "shown"),
        [
            ({"first": "Ann", "last": "Lee"}, "Ann Lee"),
            ({"first": "Ann", "last": None}, "Ann"),
            ({"last": "Lee"}, "Lee"),
            ({"first": None, "last": None}, None),
            ({}, None),
            ({"first": "Maximiliane", "last": "Lee"}, "Maximiliane "),
        ],
    )
    def test_parts_are_shown_in_one_text(self, golden: dict[str, Value], shown: Value) -> None:
        assert self.slot.project(golden, None) == shown

    def test_a_cleared_whole_clears_both(self) -> None:
        assert self.slot.split("", {"first": "Ann", "last": "Lee"}) == {"first": None, "last": None}

    def test_spaces_do_not_make_another_name(self) -> None:
        assert self.slot.same("Ann  Lee", " Ann Lee")
        assert self.slot.same(None, "")
        assert not self.slot.same("Ann Lee", "Ann Leigh")


class TestSingle:
    def test_an_unset_field_shows_nothing(self) -> None:
        assert single("text").project({}, "there") is None

    def test_declared_coercions_are_part_of_the_projection(self) -> None:
        assert single("text", "trim", "lower", "cut:3").project({"f": "ABCD"}, None) == "abc"
        assert single("phone", "digits").project({"f": "+62 811"}, None) == "+62811"

    def test_what_a_coercion_leaves_nothing_of_is_blank(self) -> None:
        assert single("phone", "digits").project({"f": "none"}, None) is None

    def test_values_are_compared_by_their_type(self) -> None:
        assert single("phone").same("+62 811 234 567", "+62811234567")
        assert single("country").same("Iran", "IR")
        assert single("integer").same("17", 17)
        assert not single("text").same("a", None)

    def test_what_cannot_be_read_is_still_compared(self) -> None:
        slot = single("email")
        assert slot.same("nobody", " nobody")
        assert not slot.same("nobody", "noone")
        assert not slot.same("nobody", None)
        with pytest.raises(BadValue):
            slot.split("nobody", {})

    def test_an_unknown_coercion_is_refused(self) -> None:
        with pytest.raises(ValueError, match="cut:N"):
            coercion(["upper"])


class TestFirst:
    kind = TYPES["domain"]()
    slot = FirstSlot("zendesk", SHAPE, ("f",), kind, kind.read, kind.show)

    def test_a_broken_character_in_the_rest_of_the_list_is_not_written_back(self) -> None:
        with pytest.raises(BadValue):
            self.slot.split(["a.com", f"b{BROKEN}.com"], {})

    @pytest.mark.parametrize(
        ("golden", "seen", "shown"),
        [
            ("a.com", None, ["a.com"]),
            ("a.com", [], ["a.com"]),
            ("a.com", ["b.com", "c.com"], ["a.com", "c.com"]),
            ("a.com", ["www.A.com", "c.com"], ["www.A.com", "c.com"]),
            ("a.com", ["b.com", "a.com", "c.com"], ["a.com", "b.com", "c.com"]),
            (None, ["b.com"], None),
        ],
    )
    def test_the_first_of_a_list_is_written_and_the_rest_stays(
        self, golden: Value, seen: Value, shown: Value
    ) -> None:
        assert self.slot.project({"f": golden}, seen) == shown

    def test_a_blank_cannot_be_shown_where_the_next_value_would_be_the_first(self) -> None:
        with pytest.raises(Unshown):
            self.slot.project({"f": None}, ["b.com", "c.com"])

    def test_only_the_first_is_compared(self) -> None:
        assert self.slot.same(["a.com", "b.com"], ["www.a.com"])
        assert self.slot.same([], None)
        assert not self.slot.same(["a.com", "b.com"], ["b.com", "a.com"])
        assert self.slot.split(["www.A.com", "b.com"], {}) == {"f": "a.com"}


class TestTags:
    slot = tag_slot(Tags(("vip", "trial")))

    @pytest.mark.parametrize(
        ("golden", "seen", "shown"),
        [
            (["vip"], ["z", "a"], ["z", "a", "vip"]),
            (["trial", "vip"], ["VIP", "own"], ["VIP", "own", "trial"]),
            (["vip"], ["own", "trial"], ["own", "vip"]),
            (None, ["vip", "own"], ["own"]),
            (None, ["vip"], None),
            (["trial", "vip"], None, ["trial", "vip"]),
        ],
    )
    def test_mapped_tags_are_written_and_others_stay(self, golden: Value, seen: Value, shown: Value) -> None:
        assert self.slot.project({"f": golden}, seen) == shown

    def test_tags_that_were_never_set_change_nothing(self) -> None:
        assert self.slot.project({}, ["vip", "own"]) == ["vip", "own"]

    def test_only_mapped_tags_are_read_and_compared(self) -> None:
        assert self.slot.split(["own", "VIP"], {}) == {"f": ["vip"]}
        assert self.slot.same(["vip", "own"], ["VIP"])
        assert self.slot.same(["own"], None)
        assert not self.slot.same(["vip"], ["trial"])


class TestConsent:
    hubspot = ConsentSlot(
        "hubspot",
        SHAPE,
        ("f",),
        Consent(),
        {"true": "unsubscribed"},
        dict.fromkeys(("unsubscribed", "bounced", "complained", "erased"), "true"),
    )

    @pytest.mark.parametrize("value", ["false", None, "", "other"])
    def test_a_value_that_says_nothing_gives_no_state(self, value: Value) -> None:
        assert self.hubspot.split(value, {}) == {}
        assert self.hubspot.same(value, "false")

    @pytest.mark.parametrize("value", ["true", "TRUE", True])
    def test_a_value_of_the_app_gives_its_state(self, value: Value) -> None:
        assert self.hubspot.split(value, {}) == {"f": "unsubscribed"}
        assert self.hubspot.same(value, "true")

    def test_a_state_that_the_app_cannot_show_leaves_what_is_there(self) -> None:
        assert self.hubspot.project({"f": "subscribed"}, "false") == "false"
        assert self.hubspot.project({"f": "subscribed"}, None) is None
        assert self.hubspot.project({}, "true") == "true"

    def test_one_value_may_stand_for_several_states(self) -> None:
        assert self.hubspot.project({"f": "bounced"}, None) == "true"

    def test_a_dropdown_shows_the_states_among_its_options(self) -> None:
        states, shown = Consent().app_values(Form(options=("subscribed", "unsubscribed")))
        assert shown == {"subscribed": "subscribed", "unsubscribed": "unsubscribed"}
        assert states == shown

    def test_a_value_for_several_states_reads_as_the_least_restrictive(self) -> None:
        values = {"unsubscribed": "Out", "bounced": "Out", "subscribed": "In"}
        states, shown = Consent().app_values(Form(values=values))
        assert states == {"in": "subscribed", "out": "unsubscribed"}
        assert shown == values


def test_references_pass_through_for_the_engine_to_translate() -> None:
    slot = ReferenceSlot("app", SHAPE, ("company",), Reference(), "company")
    assert slot.reference == "company"
    assert slot.project({"company": "golden-1"}, None) == "golden-1"
    assert slot.split(12, {}) == {"company": "12"}
    assert slot.same(12, "12")
    assert slot.same("", None)


@pytest.mark.parametrize(
    ("writable", "ever", "new"), [("yes", True, True), ("create", False, True), ("no", False, False)]
)
def test_a_slot_knows_when_it_may_be_written(writable: str, ever: bool, new: bool) -> None:
    kind = TYPES["text"]()
    slot = BaseSlot("app", replace(SHAPE, writable=writable), ("f",), kind, kind.read, kind.show)
    assert (slot.writable, slot.on_create) == (ever, new)
