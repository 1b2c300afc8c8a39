"""A mapping held against the apps' fields: the slots it gives, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mappings.bind import OpenShape, bind, lacking
from mappings.document import ProblemsFound
from mappings.draft import Draft, read
from mappings.model import RuleSpec
from mappings.slots import FirstSlot, PartsSlot, ReferenceSlot

SHIPPED = Path(__file__).parents[2] / "mappings"
MAPPING = """\
object: contact
apps:
  crm: {object: people}
  desk: {object: users, only: "role == 'end-user' && mail != null"}
fields:
  email: {type: email, in: {crm: email, desk: mail}}
  first_name: {type: name, in: {crm: first, desk: name.first}}
  last_name: {type: name, in: {crm: last, desk: name.last}}
  size: {type: choice, in: {crm: size, desk: {field: size, values: {big: B}}}}
  tags: {type: tags, only: [vip], in: {crm: labels, desk: tags}}
  company: {type: reference, to: company, in: {crm: firm, desk: {field: org, as: name}}}
  domain: {type: domain, in: {crm: domain, desk: {field: domains, pick: first}}}
"""
CRM = [
    OpenShape("email"),
    OpenShape("first"),
    OpenShape("last"),
    OpenShape("size"),
    OpenShape("labels", "multi"),
    OpenShape("firm", "reference"),
    OpenShape("domain"),
]
DESK = [
    OpenShape("mail"),
    OpenShape("name"),
    OpenShape("role"),
    OpenShape("size", "choice", options=("B", "S")),
    OpenShape("tags", "multi"),
    OpenShape("org"),
    OpenShape("domains", "multi"),
]


def shapes(*changed: OpenShape, without: str = "") -> dict[str, Mapping[str, OpenShape]]:
    """The shapes of both apps; `changed` replaces fields of desk, `without` takes one away."""
    desk = {shape.name: shape for shape in [*DESK, *changed] if shape.name != without}
    return {"crm": {shape.name: shape for shape in CRM}, "desk": desk}


def draft(tmp_path: Path, text: str = MAPPING) -> Draft:
    file = tmp_path / "m.yaml"
    file.write_text(text)
    return read(file, "m.yaml")


def test_a_mapping_becomes_slots(tmp_path: Path) -> None:
    desk = bind(draft(tmp_path), shapes()).apps["desk"]
    assert {name: slot.fields for name, slot in desk.slots.items()} == {
        "mail": ("email",),
        "name": ("first_name", "last_name"),
        "size": ("size",),
        "tags": ("tags",),
        "org": ("company.name",),
        "domains": ("domain",),
    }
    assert isinstance(desk.slots["name"], PartsSlot)
    assert isinstance(desk.slots["domains"], FirstSlot)
    assert desk.slots["size"].project({"size": "big"}, None) == "B"


def test_what_only_needs_besides_the_mapped_fields_is_read(tmp_path: Path) -> None:
    desk = bind(draft(tmp_path), shapes()).apps["desk"]
    assert desk.reads == ("role",)
    assert desk.only is not None
    assert desk.only({"role": "end-user", "mail": "a@b.c"})
    assert not desk.only({"role": "end-user"})


def test_a_reference_is_derived_where_an_app_has_only_a_text(tmp_path: Path) -> None:
    mapping = bind(draft(tmp_path), shapes())
    derived = mapping.fields["company.name"]
    assert (derived.derived, derived.direction, derived.type.name) == (
        ("company", "name"),
        {"desk": "to"},
        "text",
    )
    assert mapping.fields["company"].direction == {"crm": "both"}
    assert mapping.fields["company"].reference == "company"
    assert isinstance(mapping.apps["crm"].slots["firm"], ReferenceSlot)


def test_a_dotted_field_of_the_app_is_no_part(tmp_path: Path) -> None:
    mapping = bind(draft(tmp_path), shapes(OpenShape("name.first"), OpenShape("name.last")))
    slots = mapping.apps["desk"].slots
    assert [slots["name.first"].fields, slots["name.last"].fields] == [("first_name",), ("last_name",)]


def test_an_app_that_could_not_be_asked_is_taken_as_the_file_says(tmp_path: Path) -> None:
    mapping = bind(draft(tmp_path), {"crm": shapes()["crm"]})
    assert set(mapping.apps["desk"].slots) == {"mail", "name", "size", "tags", "org", "domains"}
    assert mapping.apps["desk"].reads == ("role",)


MISFITS = [
    ("missing", "mail", OpenShape("email_address"), 6, "desk has no field 'mail' in users"),
    ("read-only", "", OpenShape("mail", writable="no"), 6, "desk does not let us write 'mail'"),
    ("tags in a text", "", OpenShape("tags"), 10, "'tags' of desk holds one value, not tags"),
    (
        "text in a list",
        "",
        OpenShape("mail", "multi"),
        6,
        "'mail' of desk is a list, and email is one value",
    ),
    ("pick of a text", "", OpenShape("domains"), 12, "'domains' of desk is one value"),
    (
        "name of a record in an id",
        "",
        OpenShape("org", "reference"),
        11,
        "'org' of desk points to another record",
    ),
    (
        "option unknown",
        "",
        OpenShape("size", "choice", options=("Big", "S")),
        9,
        "'B' is not among the options",
    ),
    ("condition on unknown field", "role", OpenShape("rolle"), 4, "'role' is not a field here"),
]


@pytest.mark.parametrize(("name", "without", "changed", "line", "what"), MISFITS, ids=[m[0] for m in MISFITS])
def test_what_does_not_fit_the_app_is_told(
    tmp_path: Path, name: str, without: str, changed: OpenShape, line: int, what: str
) -> None:
    with pytest.raises(ProblemsFound) as caught:
        bind(draft(tmp_path), shapes(changed, without=without))
    told = next(p for p in caught.value.problems if p.what.startswith(what))
    assert (told.file, told.line) == ("m.yaml", line)
    assert told.cure


def test_a_reference_needs_a_field_that_can_point(tmp_path: Path) -> None:
    crm = {**shapes()["crm"], "firm": OpenShape("firm")}
    with pytest.raises(ProblemsFound, match=r"cannot point to another record.*as: name"):
        bind(draft(tmp_path), {"crm": crm})


def test_a_missing_field_names_the_nearest_one_and_can_be_made(tmp_path: Path) -> None:
    there = shapes(OpenShape("email"), without="mail")
    with pytest.raises(ProblemsFound, match=r"desk has no field 'mail' in users. Did you mean 'email'\?"):
        bind(draft(tmp_path), there)
    assert [(f.app, f.object, f.name, f.kind) for f in lacking(draft(tmp_path), there)] == [
        ("desk", "users", "mail", "text")
    ]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("desk: mail}", "desk: name}", "'name' of desk already holds email"),
        (
            "  last_name: {type: name, in: {crm: last, desk: name.last}}\n",
            "",
            "this maps only the first part",
        ),
    ],
)
def test_an_app_field_carries_one_thing(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = MAPPING.replace(old, new).replace(" && mail != null", "")
    with pytest.raises(ProblemsFound) as caught:
        bind(draft(tmp_path, text), None)
    assert caught.value.problems[0].what.startswith(what)


def test_only_one_app_gives_and_all_others_take(tmp_path: Path) -> None:
    text = MAPPING.replace("desk: mail}", "desk: mail}, rule: {only: crm}")
    email = bind(draft(tmp_path, text), None).fields["email"]
    assert email.rule == RuleSpec("only", ("crm",))
    assert email.direction == {"crm": "from", "desk": "to"}


@pytest.mark.parametrize(
    ("old", "new", "moves"),
    [
        ("object: contact\n", "# a remark\nobject: contact\n", False),
        ("object: contact\n", "object: contact\nrule: newest\n", False),
        ("desk: mail}", "desk: mail2}", True),
        ("desk: mail}", "desk: mail}, rule: manual", True),
        ("desk: mail}", "desk: mail}, direction: {desk: from}", True),
        ("desk: mail}", "desk: mail}, blank: keep", True),
        ("desk: mail}", "desk: {field: mail}}", False),
    ],
)
def test_a_version_moves_with_what_the_file_means(tmp_path: Path, old: str, new: str, moves: bool) -> None:
    before, after = bind(draft(tmp_path), None), bind(draft(tmp_path, MAPPING.replace(old, new)), None)
    assert (before.version != after.version) is moves
    assert (before.fields["email"].version != after.fields["email"].version) is moves
    assert before.fields["size"].version == after.fields["size"].version


@pytest.mark.parametrize("name", ["contacts", "companies"])
def test_the_shipped_mappings_load(name: str) -> None:
    mapping = bind(read(SHIPPED / f"{name}.yaml"), None)
    assert set(mapping.match.exact) <= set(mapping.fields)
    assert all(field.version for field in mapping.fields.values())


def test_the_shipped_contacts_say_what_they_should() -> None:
    mapping = bind(read(SHIPPED / "contacts.yaml"), None)
    assert list(mapping.order) == ["hubspot", "mailerlite", "zendesk"]
    assert mapping.consent == "marketing_consent"
    assert mapping.fields["marketing_consent"].rule == RuleSpec("consent", ("mailerlite",))
    assert mapping.fields["tags"].rule == RuleSpec("union")
    create_when = mapping.apps["mailerlite"].create_when
    assert create_when is not None
    assert create_when({"marketing_consent": "subscribed"})
    assert not create_when({})
    assert mapping.apps["zendesk"].slots["locale"].project({"language": "en"}, None) == "en-US"
    assert mapping.apps["mailerlite"].slots["fields.company"].fields == ("company.name",)
