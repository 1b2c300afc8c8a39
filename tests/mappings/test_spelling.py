"""What is offered for a word that is not known: typos, and what other tools say."""

from __future__ import annotations

import pytest

from mappings.rule_words import RULES
from mappings.spelling import RULES_ELSEWHERE, TYPES_ELSEWHERE, nearest
from mappings.types import TYPES

TYPE_TYPOS = {
    "fone": "phone", "phon": "phone", "fhone": "phone", "pone": "phone", "PHONE": "phone",
    "telephone": "phone",
    "mony": "money", "monney": "money", "munny": "money", "currency": "money",
    "tex": "text", "txt": "text", "string": "text",
    "emial": "email", "e-mail": "email", "mail": "email",
    "adress": "address", "boolen": "boolean", "bool": "boolean",
    "intger": "integer", "number": "integer", "float": "decimal", "desimal": "decimal",
    "date_time": "datetime", "dat": "date", "timestamp": "datetime",
    "choise": "choice", "choys": "choice", "multichoice": "multi_choice", "enum": "choice",
    "tag": "tags", "langauge": "language", "kountry": "country", "contry": "country",
    "refrence": "reference", "lookup": "reference", "consant": "consent", "konsent": "consent",
    "nam": "name", "jsn": "json", "website": "url", "domane": "domain",
}  # fmt: skip
RULE_TYPOS = {
    "newst": "newest", "newset": "newest", "latest": "newest", "longst": "longest", "prefere": "prefer",
    "highst": "highest", "max": "highest", "lowst": "lowest", "sorce": "source", "onyl": "only",
    "ask": "manual", "manuel": "manual", "unoin": "union", "frist": "first",
    "newest_per_field": "newest_by_field",
}  # fmt: skip


@pytest.mark.parametrize(("word", "meant"), TYPE_TYPOS.items(), ids=TYPE_TYPOS)
def test_the_type_that_was_meant(word: str, meant: str) -> None:
    assert nearest(word, TYPES, elsewhere=TYPES_ELSEWHERE) == f"Did you mean '{meant}'?"


@pytest.mark.parametrize(("word", "meant"), RULE_TYPOS.items(), ids=RULE_TYPOS)
def test_the_rule_that_was_meant(word: str, meant: str) -> None:
    assert nearest(word, RULES, elsewhere=RULES_ELSEWHERE) == f"Did you mean '{meant}'?"


def test_words_of_other_tools_lead_to_what_there_is() -> None:
    assert set(TYPES_ELSEWHERE.values()) <= TYPES.keys()
    assert set(RULES_ELSEWHERE.values()) <= set(RULES)
    assert not TYPES_ELSEWHERE.keys() & TYPES.keys()
    assert not RULES_ELSEWHERE.keys() & set(RULES)


@pytest.mark.parametrize(
    ("word", "known", "cure"),
    [
        ("jobtitle", ["job_title", "city"], "Did you mean 'job_title'?"),
        ("city", ["fields.city", "fields.name"], "Did you mean 'fields.city'?"),
        ("user_fields.cty", ["user_fields.city"], "Did you mean 'user_fields.city'?"),
        ("user_fields.qa_key", ["user_fields.city"], "Known here: user_fields.city."),
        ("xyz", ["newest", "union"], "Known here: newest, union."),
        ("xyz", [], ""),
    ],
)
def test_the_nearest_word_is_offered(word: str, known: list[str], cure: str) -> None:
    assert nearest(word, known) == cure
