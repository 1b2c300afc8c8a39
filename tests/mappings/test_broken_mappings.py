"""Broken mapping files: each mistake is told with its line, its column and its cure.

Over 400 lines because it is one table of cases, which is read from top to bottom.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mappings.document import Problem, ProblemsFound
from mappings.load import read

RULES = (
    "Choose newest, newest_by_field, first, longest, highest, lowest, prefer, only, source, own or manual."
)
SOUND = """\
object: contact
apps:
  hubspot: {object: contacts}
  zendesk:
    object: users
    only: "role == 'end-user'"
    create_when: "marketing_consent == 'subscribed'"
match:
  exact: [email, phone]
  names: [first_name]
rule: newest
fields:
  email:
    type: email
    in: {hubspot: email, zendesk: email}
    rule: {prefer: [hubspot, zendesk]}
  first_name:
    type: name
    in: {hubspot: firstname, zendesk: name.first}
  phone:
    type: phone
    region: ID
    in:
      hubspot: phone
      zendesk: {field: phone, format: e164, direction: both}
    direction: {hubspot: from}
  marketing_consent:
    type: consent
    in: {hubspot: hs_email_optout, zendesk: user_fields.consent}
    authority: [hubspot]
  tags:
    type: tags
    only: [vip]
    in: {hubspot: customer_tags, zendesk: tags}
  size:
    type: choice
    in: {hubspot: size, zendesk: {field: size, values: {big: B, small: S}}}
  company:
    type: reference
    to: company
    in: {hubspot: company, zendesk: {field: org, as: name}}
"""


class Case(NamedTuple):
    """`old` in the sound file becomes `new`; the rest is the first problem told."""

    name: str
    old: str
    new: str
    at: str
    where: str
    what: str
    cure: str


ONE_EQUAL = ("this = does not compare", "Equality is written ==, as in: role == 'end-user'")

CASES = [
    Case(
        "create_when with a consent that there is not",
        "'subscribed'\"",
        "'subscribd'\"",
        "7:40",
        "apps.zendesk.create_when",
        "'subscribd' is not a state of consent",
        "Did you mean 'subscribed'?",
    ),
    Case(
        "create_when that fails for everybody",
        "marketing_consent == 'subscribed'\"",
        "email != null && email.startsWith(3) || size == 4 + 'x'\"",
        "7:18",
        "apps.zendesk.create_when",
        "this gives neither true nor false for any record",
        "Compare text with text and number with number; a decimal is a text: write double(NAME).",
    ),
    Case(
        "create_when that is no condition",
        "marketing_consent == 'subscribed'\"",
        'email"',
        "7:18",
        "apps.zendesk.create_when",
        "this gives neither true nor false for any record",
        "Compare text with text and number with number; a decimal is a text: write double(NAME).",
    ),
    Case(
        "two fields in one place",
        "hubspot: size,",
        "hubspot: email,",
        "37:19",
        "fields.size.in.hubspot",
        "'email' of hubspot already holds email, so it cannot hold size too",
        "Use another field of the app.",
    ),
    Case(
        "two lists of tags in one place",
        "size:\n    type: choice\n    in: {hubspot: size, zendesk: {field: size, values: {big: B, small: S}}",
        "more:\n    type: tags\n    only: [gold]\n    in: {hubspot: customer_tags, zendesk: more",
        "38:19",
        "fields.more.in.hubspot",
        "'customer_tags' of hubspot already holds tags, so it cannot hold more too",
        "Use another field, or name these tags under 'only' of tags.",
    ),
    Case(
        "two names in one place",
        "  phone:\n    type: phone",
        "  last_name: {type: name, in: {hubspot: firstname, zendesk: name.last}}\n  phone:\n    type: phone",
        "20:41",
        "fields.last_name.in.hubspot",
        "'firstname' of hubspot already holds first_name, so it cannot hold last_name too",
        "Use another field, or its parts: firstname.first and firstname.last.",
    ),
    Case(
        "create_when with one =",
        "marketing_consent ==",
        "marketing_consent =",
        "7:37",
        "apps.zendesk.create_when",
        *ONE_EQUAL,
    ),
    Case(
        "rule source with one =",
        "rule: {prefer: [hubspot, zendesk]}",
        "rule: {source: [{when: email = 'x', app: hubspot}]}",
        "16:34",
        "fields.email.rule.source[0].when",
        *ONE_EQUAL,
    ),
    Case(
        "value with one =",
        "in: {hubspot: customer_tags, zendesk: tags}",
        "value: \"email = 'x'\"\n    in: {hubspot: customer_tags, zendesk: tags}",
        "34:19",
        "fields.tags.value",
        *ONE_EQUAL,
    ),
    Case(
        "object missing",
        "object: contact\n",
        "",
        "1:1",
        "",
        "'object' is missing",
        "Add 'object: ...'.",
    ),
    Case(
        "object empty",
        "object: contact",
        "object:",
        "1:1",
        "",
        "'object' is missing",
        "Add 'object: ...'.",
    ),
    Case(
        "object key misspelt",
        "object: contact",
        "objct: contact",
        "1:1",
        "",
        "'object' is missing",
        "Add 'object: ...'.",
    ),
    Case(
        "app is a word",
        "  hubspot: {object: contacts}",
        "  hubspot: contacts",
        "3:12",
        "apps.hubspot",
        "this must be a group of 'key: value' lines",
        "Indent them below, or write {key: value}.",
    ),
    Case(
        "app key misspelt",
        "{object: contacts}",
        "{objet: contacts}",
        "3:3",
        "apps.hubspot",
        "'object' is missing",
        "Add 'object: ...'.",
    ),
    Case(
        "rule misspelt",
        "rule: newest",
        "rule: newst",
        "11:7",
        "rule",
        "'newst' is not a rule",
        "Did you mean 'newest'?",
    ),
    Case(
        "prefer without apps",
        "rule: newest",
        "rule: prefer",
        "11:7",
        "rule",
        "'prefer' needs to know which apps",
        "Write {prefer: [hubspot, zendesk]}.",
    ),
    Case(
        "prefer misspelt",
        "prefer: [hubspot, zendesk]",
        "prefr: [hubspot]",
        "16:12",
        "fields.email.rule.prefr",
        "'prefr' is not a rule",
        "Did you mean 'prefer'?",
    ),
    Case(
        "prefer is no list",
        "prefer: [hubspot, zendesk]",
        "prefer: hubspot",
        "16:20",
        "fields.email.rule.prefer",
        "this must be a list of apps",
        "Write {prefer: [hubspot, zendesk]}.",
    ),
    Case(
        "prefer names unknown app",
        "prefer: [hubspot, zendesk]",
        "prefer: [hubspott, zendesk]",
        "16:21",
        "fields.email.rule.prefer[0]",
        "'hubspott' is not an app that holds this",
        "Did you mean 'hubspot'?",
    ),
    Case(
        "only names unknown app",
        "prefer: [hubspot, zendesk]",
        "only: zendsk",
        "16:18",
        "fields.email.rule.only",
        "'zendsk' is not an app that holds this",
        "Did you mean 'zendesk'?",
    ),
    Case(
        "rule of the file leaves a field to an app without it",
        "rule: newest\nfields:",
        "rule: {only: hubspot}\nfields:\n  city: {in: {zendesk: user_fields.city}, type: text}",
        "13:3",
        "fields.city",
        "the rule of this file lets only hubspot give values, and hubspot does not hold this field",
        "Write under it which app gives it, such as rule: newest, or map it in hubspot.",
    ),
    Case(
        "type misspelt",
        "type: phone",
        "type: phoen",
        "21:11",
        "fields.phone.type",
        "'phoen' is not a type",
        "Did you mean 'phone'?",
    ),
    Case(
        "region unknown",
        "region: ID",
        "region: XX",
        "22:13",
        "fields.phone.region",
        "'XX' is not a country of phone numbers",
        "Use the two capital letters of a country, such as ID, IR or DE.",
    ),
    Case(
        "second region unknown",
        "region: ID",
        "region: [ID, QQQ]",
        "22:18",
        "fields.phone.region[1]",
        "'QQQ' is not a country of phone numbers",
        "Use the two capital letters of a country, such as ID, IR or DE.",
    ),
    *(
        Case(
            f"region is {written}",
            "region: ID",
            f"region: {written}",
            "22:13",
            "fields.phone.region",
            f"'{written}' is not a country of phone numbers",
            cure,
        )
        for written, cure in (
            ("UK", "The two-letter code is GB (United Kingdom)."),
            ("USA", "The two-letter code is US (United States)."),
            ("DEU", "The two-letter code is DE (Germany)."),
            ("Germany", "The two-letter code is DE (Germany)."),
            ("id", "The two-letter code is ID (Indonesia)."),
            ("EN", "That is a language; write the country, such as GB or US."),
        )
    ),
    Case(
        "UK among regions",
        "region: ID",
        "region: [ID, UK]",
        "22:18",
        "fields.phone.region[1]",
        "'UK' is not a country of phone numbers",
        "The two-letter code is GB (United Kingdom).",
    ),
    Case(
        "phone format misspelt",
        "format: e164",
        "format: e146",
        "25:39",
        "fields.phone.in.zendesk.format",
        "'e146' is not a valid format of phone",
        "Did you mean 'e164'?",
    ),
    Case(
        "direction misspelt",
        "direction: both",
        "direction: bth",
        "25:56",
        "fields.phone.in.zendesk.direction",
        "'bth' is not a valid direction",
        "Did you mean 'both'?",
    ),
    Case(
        "place key misspelt",
        "direction: both",
        "drection: both",
        "25:45",
        "fields.phone.in.zendesk.drection",
        "'drection' is not a key here",
        "Did you mean 'direction'?",
    ),
    Case(
        "direction of unknown app",
        "direction: {hubspot: from}",
        "direction: {hubspt: from}",
        "26:17",
        "fields.phone.direction.hubspt",
        "'hubspt' does not hold this field",
        "Did you mean 'hubspot'?",
    ),
    Case(
        "part of a phone",
        "direction: both",
        "direction: both, part: first",
        "25:62",
        "fields.phone.in.zendesk.part",
        "the type phone knows no 'part'",
        "Remove it.",
    ),
    Case(
        "direction map misspelt",
        "direction: {hubspot: from}",
        "direction: {hubspot: form}",
        "26:26",
        "fields.phone.direction.hubspot",
        "'form' is not a valid direction",
        "Did you mean 'from'?",
    ),
    Case(
        "direction given twice",
        "direction: {hubspot: from}",
        "direction: {zendesk: from}",
        "26:26",
        "fields.phone.direction.zendesk",
        "the direction of zendesk is given twice, in two ways",
        "Keep one: here or in 'in: {zendesk: ...}'.",
    ),
    Case(
        "place in unknown app",
        "{hubspot: email, zendesk: email}",
        "{hubspott: email, zendesk: email}",
        "15:10",
        "fields.email.in.hubspott",
        "'hubspott' is not an app of this mapping",
        "Did you mean 'hubspot'?",
    ),
    Case(
        "match on unknown field",
        "exact: [email, phone]",
        "exact: [email, phon]",
        "9:18",
        "match.exact[1]",
        "'phon' is not a field of this mapping",
        "Did you mean 'phone'?",
    ),
    Case(
        "match is no list",
        "exact: [email, phone]",
        "exact: email",
        "9:10",
        "match.exact",
        "this must be a list",
        "Write it as [one, two].",
    ),
    Case(
        "match on tags",
        "exact: [email, phone]",
        "exact: [tags]",
        "9:11",
        "match.exact[0]",
        "records cannot be recognised by a field of type tags",
        "Use an e-mail address, a phone, a domain or a name.",
    ),
    Case(
        "condition with one equals sign",
        "role == 'end-user'",
        "role = 'end-user'",
        "6:17",
        "apps.zendesk.only",
        *ONE_EQUAL,
    ),
    Case(
        "condition not complete",
        "role == 'end-user'",
        "role ==",
        "6:19",
        "apps.zendesk.only",
        "the condition is not complete",
        "Write it like: role == 'end-user' && city != null",
    ),
    Case(
        "create_when on unknown field",
        "marketing_consent == 'subscribed'",
        "marketing_consnt == 'subscribed'",
        "7:18",
        "apps.zendesk.create_when",
        "'marketing_consnt' is not a field here",
        "Did you mean 'marketing_consent'?",
    ),
    Case(
        "function misspelt",
        "marketing_consent == 'subscribed'",
        "startswith(email, 'x')",
        "7:18",
        "apps.zendesk.create_when",
        "'startswith' is not a function",
        "Did you mean 'startsWith'?",
    ),
    Case(
        "tags without list",
        "    only: [vip]\n",
        "",
        "31:3",
        "fields.tags",
        "tags flow only by a list or prefix, and none is given",
        "Name the tags that flow, only: [vip, partner], or a prefix.",
    ),
    Case(
        "region on tags",
        "only: [vip]",
        "region: ID",
        "31:3",
        "fields.tags",
        "tags flow only by a list or prefix, and none is given",
        "Name the tags that flow, only: [vip, partner], or a prefix.",
    ),
    Case(
        "reference without target",
        "    to: company\n",
        "",
        "38:3",
        "fields.company",
        "a reference needs to say what it points to",
        "Add to: company (the object of another mapping).",
    ),
    Case(
        "authority unknown",
        "authority: [hubspot]",
        "authority: [hubspt]",
        "30:17",
        "fields.marketing_consent.authority[0]",
        "'hubspt' does not hold this field",
        "Did you mean 'hubspot'?",
    ),
    Case(
        "rule on consent",
        "authority: [hubspot]",
        "rule: newest",
        "30:5",
        "fields.marketing_consent.rule",
        "consent has its own rule: the most restrictive state wins",
        "Remove the rule; 'authority' names the apps where people opt in.",
    ),
    Case(
        "choice shown twice",
        "small: S",
        "small: B",
        "37:72",
        "fields.size.in.zendesk.values.small",
        "'big' and 'small' are both shown as 'B', so it cannot be read back",
        "Give each its own app value.",
    ),
    Case(
        "language shown twice",
        "type: reference\n    to: company\n    in: {hubspot: company, zendesk: {field: org, as: name}}",
        "type: language\n    in: {hubspot: company, zendesk: {field: org, values: {en: en-US, fa: en-US}}}",
        "40:74",
        "fields.company.in.zendesk.values.fa",
        "'en' and 'fa' are both shown as 'en-US', so it cannot be read back",
        "Give each its own app value.",
    ),
    Case(
        "preferred twice",
        "prefer: [hubspot, zendesk]",
        "prefer: [hubspot, hubspot]",
        "16:30",
        "fields.email.rule.prefer[1]",
        "'hubspot' is named twice",
        "Name each app once.",
    ),
    Case(
        "as key misspelt",
        "as: name",
        "as_: name",
        "41:50",
        "fields.company.in.zendesk.as_",
        "'as_' is not a key here",
        "Did you mean 'as'?",
    ),
    Case(
        "union of names",
        "first_name:\n",
        "first_name:\n    rule: union\n",
        "18:11",
        "fields.first_name.rule",
        "'union' is for sets, and name is one value",
        RULES,
    ),
    Case(
        "union of everything",
        "rule: newest",
        "rule: union",
        "11:7",
        "rule",
        "'union' is for sets, and this rule is that of all fields",
        f"Sets have it anyway. {RULES}",
    ),
    Case(
        "field in no app",
        "in: {hubspot: firstname, zendesk: name.first}",
        "in: {}",
        "19:9",
        "fields.first_name.in",
        "this must not be empty",
        "Fill it in.",
    ),
    Case(
        "field name with dash",
        "first_name:\n",
        "first-name:\n",
        "10:11",
        "match.names[0]",
        "'first_name' is not a field of this mapping",
        "Did you mean 'first-name'?",
    ),
    Case(
        "field twice",
        "  tags:\n",
        "  email:\n",
        "31:3",
        "fields.email",
        "'email' stands here twice (first in line 13)",
        "Keep one of the two.",
    ),
    Case(
        "tab",
        "    type: email",
        "	type: email",
        "14:1",
        "",
        "a tab stands in the indentation",
        "YAML takes spaces only: write two spaces for each level in place of the tab.",
    ),
    Case(
        "bracket left open",
        "[email, phone]",
        "[email, phone",
        "10:8",
        "",
        "a comma is missing before this, or the [ of line 9 is not closed",
        "Write a comma between two entries, and ] behind the last.",
    ),
    Case(
        "python object",
        "type: email",
        "type: !!python/object:os.system x",
        "14:11",
        "fields.email.type",
        "only plain values are allowed here",
        "Remove the tag that begins with '!'.",
    ),
    Case(
        "alias unknown",
        "type: email",
        "type: *x",
        "14:11",
        "",
        "a value cannot begin with *, unless an & of that name stands above",
        "Put the value in quotes.",
    ),
    Case(
        "tag list is a word",
        "only: [vip]",
        "only: vip",
        "33:11",
        "fields.tags.only",
        "this must be a list",
        "Write it as [one, two].",
    ),
    Case(
        "type is a list",
        "type: tags",
        "type: [tags]",
        "32:11",
        "fields.tags.type",
        "this must be a text",
        "Write one word or text here.",
    ),
    Case(
        "tag is a number",
        "only: [vip]",
        "only: [1]",
        "33:12",
        "fields.tags.only[0]",
        "this must be a text",
        "Put the value in quotes.",
    ),
    Case(
        "second consent",
        "size:\n    type: choice",
        "size:\n    type: consent",
        "35:3",
        "fields.size",
        "a mapping has one consent field, and marketing_consent is one already",
        "Remove one of the two.",
    ),
    Case(
        "as on a choice",
        "{hubspot: size,",
        "{hubspot: {field: size, as: x},",
        "37:33",
        "fields.size.in.hubspot.as",
        "the type choice knows no 'as'",
        "Remove it.",
    ),
    Case(
        "fields is a list",
        "fields:\n",
        "fields: []\nxfields:\n",
        "12:9",
        "fields",
        "this must be a group of 'key: value' lines",
        "Indent them below, or write {key: value}.",
    ),
    Case(
        "creates is a word",
        "object: users",
        "object: users\n    creates: maybe",
        "6:14",
        "apps.zendesk.creates",
        "this must be true or false",
        "Write it without quotes.",
    ),
    Case(
        "alias of itself",
        "  first_name:\n    type",
        "  first_name: &x\n    more: *x\n    type",
        "17:15",
        "fields.first_name",
        "the file unfolds into too much",
        "Remove nested aliases.",
    ),
]


def problems(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(ProblemsFound) as caught:
        read(file, "m.yaml")
    return caught.value.problems


def test_the_file_before_the_mistakes_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "sound.yaml"
    file.write_text(SOUND)
    assert read(file).object == "contact"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_names_its_place_and_its_cure(tmp_path: Path, case: Case) -> None:
    assert SOUND.count(case.old) >= 1
    told = problems(tmp_path, SOUND.replace(case.old, case.new, 1))[0]
    line, column = map(int, case.at.split(":"))
    assert told == Problem("m.yaml", line, column, case.where, case.what, case.cure)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("rule: newest", "rule: newst").replace("region: ID", "region: XX")
    text = text.replace("exact: [email, phone]", "exact: [email, phon]").replace(
        "type: choice", "tpe: choice"
    )
    assert [p.line for p in problems(tmp_path, text)] == [9, 11, 22, 36]


def test_a_field_with_a_mistake_is_still_known_to_the_others(tmp_path: Path) -> None:
    told = problems(tmp_path, SOUND.replace("type: email", "typ: email"))
    assert [p.where for p in told] == ["fields.email.typ"]


def test_a_problem_reads_as_one_line(tmp_path: Path) -> None:
    told = problems(tmp_path, SOUND.replace("rule: newest", "rule: newst"))
    assert str(told[0]) == "m.yaml:11:7: rule: 'newst' is not a rule. Did you mean 'newest'?"
