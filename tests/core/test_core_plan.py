"""What is written, and above all what is not."""

from __future__ import annotations

import pytest

from syncer.core.plan import Abilities
from syncer.model import DISAGREES, FREEZE_AFTER, Golden, Link, Pending, Refusal, Value, fold_key
from tests.core.worlds import agreeing, at, due, golden, link, mapping, one, run, seen

TITLE = one("title")
REFUSED_BY = TITLE.version_of(TITLE.apps["crm"].slots["title"])
RECORD = golden("desk", title="Boss")
PICKED = mapping(
    """
  title: {type: text, in: {crm: title, desk: {field: tags, pick: first}}}
""",
    apps="crm desk",
)


def old(**how: object) -> Link:
    """crm still holds what it agreed with before golden changed."""
    how.setdefault("version", TITLE.version)
    return link("crm", {"title": "Old"}, {"title": "Old"}, **how)


def test_a_write_is_due_where_golden_is_not_what_the_app_agreed_with() -> None:
    assert due(run(TITLE, RECORD, [old()])) == {"crm": {"title": "Boss"}}


def test_nothing_is_due_where_all_agree() -> None:
    assert run(TITLE, RECORD, agreeing(TITLE, RECORD)).items == []


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("a field that was never read", link("crm", {}, {})),
        ("a write on its way", old(pending={"title": Pending("Old", "Boss", {}, at(-1))})),
        ("a value that is read in another way since", old(anew=frozenset({"title"}))),
        ("a refused value", old(refused={"title": Refusal("Boss", "no", REFUSED_BY)})),
        ("one that an older version noted", old(refused={"title": Refusal("Boss", "no", TITLE.version)})),
        ("a frozen value", old(rewrites={"title": ("Boss", FREEZE_AFTER)})),
        ("a record that is gone", old(state="gone")),
        ("a record out of scope", old(state="out")),
    ],
)
def test_what_is_never_written(name: str, known: Link) -> None:
    assert run(TITLE, RECORD, [known, *agreeing(TITLE, RECORD, "desk")]).items == [], name


def test_a_whole_with_an_unknown_part_of_golden_is_written_only_once_read() -> None:
    of = mapping(
        """
  first: {type: name, in: {crm: first, desk: name.first}}
  last: {type: name, in: {crm: last, desk: name.last}}
""",
        apps="crm desk",
    )
    record = golden(first="Ada", last="Lee")
    assert run(of, record, [*agreeing(of, record, "crm"), link("desk", {})]).items == []
    joined = run(of, record, [*agreeing(of, record, "crm"), link("desk", {})], seen("desk", name=None))
    assert due(joined) == {"desk": {"name": "Ada Lee"}}


def test_a_frozen_value_is_reported_once_and_thaws_when_golden_changes() -> None:
    frozen = old(rewrites={"title": ("Boss", FREEZE_AFTER)})
    found = run(TITLE, RECORD, [frozen])
    assert [e.kind for e in found.log] == ["frozen"]
    assert run(TITLE, RECORD, found.unit.links).log == []
    assert due(run(TITLE, golden("desk", title="Chief"), found.unit.links)) == {"crm": {"title": "Chief"}}


def test_a_changed_mapping_compares_again_and_an_equal_value_is_left_alone() -> None:
    links = agreeing(TITLE, RECORD)
    for each in links:
        each.version = "another"
    assert run(TITLE, RECORD, links).items == []
    moved = link("crm", {"title": "BOSS"}, {"title": "Boss"}, version="another")
    assert due(run(TITLE, RECORD, [moved])) == {"crm": {"title": "Boss"}}


def test_an_app_that_shows_golden_in_its_form_agrees_without_a_write() -> None:
    found = run(TITLE, RECORD, [link("mail", {"title": "boss"}, {"title": DISAGREES})])
    assert found.items == []
    assert found.unit.links[0].agreed == {"title": "Boss"}


@pytest.mark.parametrize("version", [None, "another"])
@pytest.mark.parametrize(("listed", "written"), [(["Boss"], {"tags": None}), (["Boss", "Chief"], None)])
def test_a_blank_empties_a_list_of_one_and_leaves_a_longer_one(
    listed: list[str], written: dict[str, Value] | None, version: str | None
) -> None:
    record = golden(title=None)
    crm = link("crm", {"title": None}, {"title": None}, version=version or PICKED.version)
    desk = link("desk", {"tags": listed}, {"title": "Boss"}, version=version or PICKED.version)
    found = run(PICKED, record, [crm, desk])
    assert due(found).get("desk") == written
    if written is None:
        assert run(PICKED, record, found.unit.links).items == []
        typed = run(PICKED, record, found.unit.links, seen("desk", tags=["CEO", "Chief"]))
        assert due(typed) == {"crm": {"title": "CEO"}}


def test_items_say_what_was_there_before() -> None:
    (item,) = run(TITLE, RECORD, [old()]).items
    assert dict(item.slots) == {"title": ("Old", "Boss")}
    assert (item.kind, item.app, item.record, item.golden) == ("update", "crm", "crm-1", "g")


# -- creates ----------------------------------------------------------------------------------------------

GATED = mapping(
    """
  email: {type: email, in: {crm: email, mail: email}}
  title: {type: text, in: {crm: title, mail: title}}
""",
    apps="crm mail",
)
ADA = golden(email="ada@x.test", title="Boss")
MAY = {"creates": ("mail",)}


def created(record: Golden = ADA, **how: object) -> dict[str, Value] | None:
    """What is created in mail, if anything."""
    barred = how.pop("creating", frozenset())
    abilities = Abilities(**{**MAY, **how})  # type: ignore[arg-type]
    found = run(GATED, record, agreeing(GATED, record, "crm"), abilities=abilities, creating=barred)  # type: ignore[arg-type]
    return due(found).get("mail")


def test_a_record_is_created_where_it_is_missing_in_the_form_of_the_app() -> None:
    assert created() == {"email": "ada@x.test", "title": "boss"}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("the app was not read completely yet", {"creates": ()}),
        ("a create of ours is unanswered", {"creating": frozenset({"mail"})}),
        ("the app asks for what is not known", {"needs": {"mail": (("phone",),)}}),
        (
            "its key belongs to a record that is not linked",
            {"unique": {"mail": ("email",)}, "taken": {("mail", "email", "ada@x.test"): ("m-9", "")}},
        ),
    ],
)
def test_gates_of_a_create(name: str, how: dict[str, object]) -> None:
    assert created(**how) is None, name


def test_a_key_that_is_too_long_for_an_index_is_told_as_there() -> None:
    """The index cuts it, and tells it apart by a hash."""
    long = golden(email=f"{'a' * 170}@x.test", title="Boss")
    taken = {("mail", "email", fold_key(str(long.value["email"]))): ("m-9", "")}
    assert created(long, unique={"mail": ("email",)}, taken=taken) is None


def test_a_barred_or_refused_create_is_not_planned() -> None:
    barred = ADA.copy()
    barred.barred["mail"] = "refused in r0"
    assert created(barred) is None
    refused = ADA.copy()
    values = '{"email": "ada@x.test", "title": "boss"}'
    refused.refused["mail"] = Refusal(values, "no", GATED.version)
    assert created(refused) is None
    refused.value["title"] = "Chief"
    assert created(refused) is not None, "another value may be tried"


CONSENT = mapping(
    """
  title: {type: text, in: {crm: title, mail: title}}
  consent: {type: consent, in: {crm: optout, mail: status}}
""",
    apps="crm mail",
)


@pytest.mark.parametrize(
    ("name", "consent", "default", "expected"),
    [
        ("subscribed", "subscribed", "subscribed", {"title": "boss", "status": "active"}),
        (
            "opted out, and the app can take that",
            "unsubscribed",
            "subscribed",
            {"title": "boss", "status": "out"},
        ),
        ("nothing known, and new means subscribed", None, "subscribed", None),
        ("nothing known, and new means nothing", None, None, {"title": "boss"}),
        ("bounced, and the app could only say unsubscribed", "bounced", "subscribed", None),
        ("pending, and the app cannot be told", "pending", "subscribed", None),
    ],
)
def test_a_create_never_gives_more_consent_than_there_is(
    name: str, consent: str | None, default: str | None, expected: dict[str, Value] | None
) -> None:
    record = golden(title="Boss", **({"consent": consent} if consent else {}))
    abilities = Abilities(creates=("mail",), consent_new={"mail": default} if default else {})
    found = run(CONSENT, record, agreeing(CONSENT, record, "crm"), abilities=abilities)
    assert due(found).get("mail") == expected, name
