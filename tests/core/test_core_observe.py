"""What an observation says against the two shadows."""

from __future__ import annotations

from datetime import datetime

import pytest

from syncer.core.observe import date_of, read
from syncer.model import ABSENT, DISAGREES, Golden, Link, Mark, Pending, Value
from tests.core.worlds import agreeing, at, due, golden, lens, link, logged, mapping, one, run, seen

TITLE = one("title")


def test_what_was_known_is_no_news() -> None:
    known = link("crm", {"title": "Boss"}, {"title": "Boss"})
    reading = read([(known, seen("crm", title="Boss"))], golden(title="Boss"), lens(TITLE))
    assert reading.offers == {}
    assert known.agreed == {"title": "Boss"}


def test_a_value_that_was_not_returned_is_not_a_clearing() -> None:
    known = link("crm", {"title": "Boss"}, {"title": "Boss"})
    read([(known, seen("crm"))], golden(title="Boss"), lens(TITLE))
    assert known.seen == {"title": "Boss"}


def test_an_edit_takes_the_agreement_away() -> None:
    known = link("crm", {"title": "Boss"}, {"title": "Boss"})
    reading = read([(known, seen("crm", title="Chief"))], golden(title="Boss"), lens(TITLE))
    assert known.agreed == {"title": DISAGREES}
    assert known.seen == {"title": "Chief"}
    (offer,) = reading.offers["title"]
    assert (offer.candidate.value, offer.before, offer.rival) == ("Chief", "Boss", False)


def test_the_same_value_written_otherwise_is_no_edit() -> None:
    known = link("crm", {"title": "Boss"}, {"title": "Boss"})
    assert read([(known, seen("crm", title=" Boss "))], golden(title="Boss"), lens(TITLE)).offers == {}


@pytest.mark.parametrize(
    ("name", "before", "shown", "seen_after", "agreed_after", "offered"),
    [
        ("it landed", "Old", "Boss", "Boss", "Boss", False),
        ("it landed in the app's declared form", "old", "boss", "boss", "Boss", False),
        ("it did not land", "Old", "Old", "Old", "Old", False),
        ("somebody edited", "Old", "Mine", "Mine", DISAGREES, True),
        ("our create landed", ABSENT, "Boss", "Boss", "Boss", False),
        ("our create left the field out", ABSENT, None, None, None, False),
        ("somebody edited what our create made", ABSENT, "Mine", "Mine", DISAGREES, True),
    ],
)
def test_an_unconfirmed_write_is_settled_by_the_next_observation(
    name: str, before: Value | Mark, shown: Value, seen_after: Value, agreed_after: object, offered: bool
) -> None:
    app = "mail" if shown == "boss" else "crm"
    known = {} if isinstance(before, Mark) else {"title": before}
    waiting = link(
        app, known, dict(known), pending={"title": Pending(before, "Boss", {"title": "Boss"}, at(-5))}
    )
    reading = read([(waiting, seen(app, title=shown))], golden("desk", title="Boss"), lens(TITLE))
    assert waiting.pending == {}, name
    assert waiting.seen == {"title": seen_after}, name
    assert waiting.agreed.get("title") == agreed_after, name
    assert bool(reading.offers) == offered, name


BOTH = ["trial", "vip"]


@pytest.mark.parametrize(
    ("name", "held", "sent", "shown", "tags", "expected"),
    [
        ("an undo took both there alone, one is there", BOTH, [], ["trial"], BOTH, BOTH),
        (
            "we took one, another was given",
            BOTH,
            ["trial"],
            ["trial", "partner"],
            ["trial"],
            ["partner", "trial"],
        ),
        ("what we took is still there", BOTH, ["trial"], [*BOTH, "partner"], ["trial"], ["partner", "trial"]),
        ("we gave one, which is missing", ["trial"], BOTH, ["trial", "partner"], BOTH, ["partner", *BOTH]),
        ("one that we left alone was taken", ["trial"], BOTH, ["vip", "partner"], BOTH, ["partner", "vip"]),
    ],
)
def test_of_a_set_that_was_edited_around_a_write_without_an_answer_the_edit_alone_counts(
    name: str, held: list[str], sent: list[str], shown: list[str], tags: list[str], expected: list[str]
) -> None:
    of, record = one("tags"), golden("crm", tags=tags)
    pending = {"tags": Pending(held, sent, {"tags": sent}, at(-5))}
    links = [*agreeing(of, record, "crm"), link("desk", {"tags": held}, {"tags": held}, pending=pending)]
    found = run(of, record, links, seen("desk", tags=shown))
    assert found.unit.golden.value["tags"] == expected, name


def test_an_observation_from_before_the_write_tells_nothing_about_it() -> None:
    pending = Pending("Old", "Boss", {"title": "Boss"}, at(5))
    waiting = link("crm", {"title": "Old"}, pending={"title": pending})
    read([(waiting, seen("crm", 0, title="Old"))], golden("desk", title="Boss"), lens(TITLE))
    assert waiting.pending == {"title": pending}


@pytest.mark.parametrize(
    ("name", "stamp_before", "stamp", "kinds"),
    [
        ("changed since: perhaps typed again", None, at(1), ["aba"]),
        ("nobody knows when", None, None, ["aba"]),
        ("not touched since long before", at(-30), at(-30), []),
        ("the app's clock is behind, and the record was touched", at(-31), at(-30), ["aba"]),
    ],
)
def test_the_old_value_shown_again_is_named_before_it_is_written_over(
    name: str, stamp_before: datetime | None, stamp: datetime | None, kinds: list[str]
) -> None:
    record = golden("desk", title="Boss")
    sent = {"title": Pending("Old", "Boss", {"title": "Boss"}, at(-5))}
    waiting = link("crm", {"title": "Old"}, pending=sent, stamp=stamp_before)
    found = run(TITLE, record, [waiting], seen("crm", 2, title="Old", stamp=stamp))
    assert [e.kind for e in found.log] == kinds, name
    assert due(found) == {"crm": {"title": "Boss"}}


def test_a_value_that_cannot_be_read_is_set_aside_once_and_left_alone() -> None:
    of = one("email")
    record = golden("desk", email="ada@x.test")
    known = link("crm", {"email": "ada@x.test"}, {"email": "ada@x.test"})
    found = run(of, record, [known], seen("crm", email="call me"))
    assert [e.kind for e in found.log] == ["bad_value"]
    assert found.unit.golden.value == {"email": "ada@x.test"}
    assert found.items == [], "what nobody can read is not written over"
    again = run(of, found.unit.golden, found.unit.links, seen("crm", email="call me"))
    assert again.log == []
    mended = run(of, found.unit.golden, found.unit.links, seen("crm", email="eva@x.test"))
    assert mended.unit.golden.value == {"email": "eva@x.test"}


def test_only_the_changed_part_of_a_whole_name_is_offered() -> None:
    of = mapping(
        """
  first: {type: name, in: {crm: first, desk: name.first}}
  last: {type: name, in: {crm: last, desk: name.last}}
""",
        apps="crm desk",
    )
    known = link("desk", {"name": "Ada Lee"}, {"first": "Ada", "last": "Lee"})
    reading = read([(known, seen("desk", name="Ada Ray"))], golden(first="Ada", last="Lee"), lens(of))
    assert set(reading.offers) == {"last"}


def test_a_part_that_is_back_beside_an_edit_of_another_part_is_named() -> None:
    of = mapping(
        """
  first: {type: name, in: {crm: first, desk: name.first}}
  last: {type: name, in: {crm: last, desk: name.last}}
""",
        apps="crm desk",
    )
    sent = Pending("Ada Lee", "Ada Ray", {"first": "Ada", "last": "Ray"}, at(-5))
    known = link("desk", {"name": "Ada Lee"}, {"first": "Ada", "last": "Lee"}, pending={"name": sent})
    reading = read([(known, seen("desk", name="Eva Lee"))], golden(first="Ada", last="Ray"), lens(of))
    assert {field: [o.candidate.value for o in found] for field, found in reading.offers.items()} == {
        "first": ["Eva"]
    }
    assert [(e.kind, e.field, e.candidates[0].value) for e in reading.log] == [("aba", "last", "Lee")]


def test_golden_that_is_unknown_to_a_joining_record_is_its_rival() -> None:
    reading = read([(link("crm", {}), seen("crm", title="Mine"))], golden("desk", title="Boss"), lens(TITLE))
    (offer,) = reading.offers["title"]
    assert (offer.candidate.kind, offer.rival) == ("join", True)
    first = read([(link("crm", {}), seen("crm", title="Mine"))], Golden("g"), lens(TITLE))
    assert first.offers["title"][0].candidate.kind == "first"


@pytest.mark.parametrize(
    ("name", "how", "stamps", "stamp", "expected"),
    [
        ("the field's own history", {}, {"title": at(-3)}, at(0), (at(-3), "field")),
        ("the record's stamp", {}, {}, at(-2), (at(-2), "record")),
        ("no stamp: when we saw it", {}, {}, None, (at(0), "observed")),
        ("our own write moved the stamp", {"ours": True, "stamp": at(-2)}, {}, at(-2), (at(-30), "previous")),
        ("never before the last look", {}, {}, at(-90), (at(-30), "record")),
        ("never after this one", {}, {}, at(9), (at(0), "record")),
    ],
)
def test_how_a_change_is_dated(
    name: str,
    how: dict[str, object],
    stamps: dict[str, datetime],
    stamp: datetime | None,
    expected: tuple[datetime, str],
) -> None:
    known: Link = link("crm", {"title": "Old"}, **how)
    shown = seen("crm", 0, title="New", stamps=stamps, stamp=stamp)
    assert date_of(known, "title", shown, True) == expected, name


def test_an_app_that_formats_what_it_is_given_is_not_a_person_who_edits() -> None:
    of = one("title")
    record = golden("crm", title="Head of Sales")
    waiting = link(
        "mail",
        {"title": None},
        pending={"title": Pending(None, "head of sales", {"title": "Head of Sales"}, at(-5))},
    )
    found = run(
        of,
        record,
        [link("crm", {"title": "Head of Sales"}, {"title": "Head of Sales"}), waiting],
        seen("mail", title="head of sales"),
    )
    assert (found.items, logged(found)) == ([], [])
    assert found.unit.golden.value == {"title": "Head of Sales"}


def test_a_whole_that_became_golden_by_itself_is_written_when_golden_goes_back() -> None:
    of = mapping(
        """
  first: {type: name, in: {crm: first, desk: name.first}}
  last: {type: name, in: {crm: last, desk: name.last}}
""",
        apps="crm desk",
    )
    before = golden("crm", first="Ada", last="Lee")
    (desk,) = agreeing(of, before, "desk")
    now = golden("crm", first="Eva", last="Lind")
    found = run(
        of,
        now,
        [*agreeing(of, now, "crm"), desk],
        seen("desk", name="Eva Lind"),
        seen("crm", first="Ada", last="Lee"),
    )
    assert due(found) == {"desk": {"name": "Ada Lee"}}


def test_a_write_that_is_found_is_read_as_the_mapping_reads_it_by_now() -> None:
    record = golden("desk", title="Boss")
    crm, desk = agreeing(TITLE, record, "crm", "desk")
    crm.seen["title"], crm.anew = "Old", frozenset({"title"})
    crm.pending["title"] = Pending("Old", "Boss", {"title": "Boss"}, at(-1))
    found = run(TITLE, record, [crm, desk], seen("crm", title="Boss"))
    (crm, _) = found.unit.links
    assert (crm.seen["title"], crm.pending, crm.anew) == ("Boss", {}, frozenset())


@pytest.mark.parametrize("desk_at", [-5, 5], ids=["desk is older", "desk is newer"])
@pytest.mark.parametrize("rule", ["newest", "longest", "{prefer: [desk, crm]}"])
@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Eva van der Berg", "Eva", "van der Berg"),
        ("Ana Garc\u00eda L\u00f3pez", "Ana", "Garc\u00eda L\u00f3pez"),
        ("Anne Marie Van Dyke", "Anne Marie", "Van Dyke"),
        ("Budi", "Budi", None),
    ],
)
def test_a_whole_name_is_parted_as_the_other_app_has_it(
    whole: str, first: str, last: str | None, rule: str, desk_at: int
) -> None:
    """At first contact, whichever of the two is newer: nobody loses a part of the family name."""
    of = mapping(
        f"""
  first: {{type: name, in: {{crm: first, desk: name.first}}, rule: {rule}}}
  last: {{type: name, in: {{crm: last, desk: name.last}}, rule: {rule}}}
""",
        apps="desk crm",
    )
    found = run(
        of,
        Golden("g"),
        [link("crm", {}), link("desk", {})],
        seen("desk", desk_at, name=whole),
        seen("crm", 0, first=first, last=last),
    )
    assert (found.items, logged(found)) == ([], [])
    assert (found.unit.golden.value["first"], found.unit.golden.value.get("last")) == (first, last)
