"""What the fields of contacts and companies usually are called, and of which type they are."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Concept:
    """A field that most apps have: our name, its type, and what apps call it. `extra` goes into the mapping
    besides."""

    name: str
    type: str
    called: tuple[str, ...]
    extra: tuple[tuple[str, str], ...] = ()


def _concept(name: str, type: str, called: str, **extra: str) -> Concept:
    return Concept(name, type, tuple(called.split("|")), tuple(extra.items()))


CONCEPTS = (
    _concept("email", "email", "email|e mail|email address|primary e mail|mail"),
    _concept("first_name", "name", "firstname|first name|given name|fname|vorname"),
    _concept("last_name", "name", "lastname|last name|surname|family name|lname|nachname"),
    _concept("name", "name", "name|full name|company name|organization name"),
    _concept("phone", "phone", "phone|phone number|telephone|tel"),
    _concept("mobile", "phone", "mobile|mobilephone|mobile phone|mobile phone number|cell"),
    _concept("job_title", "text", "jobtitle|job title|title|position|role title"),
    _concept("company", "text", "company|company name|organisation|organization|employer"),
    _concept("domain", "domain", "domain|domain name|domain names|company domain name|website domain"),
    _concept("website", "url", "website|web site|url|homepage|website url"),
    _concept("street", "address", "address|street|street address|addr1"),
    _concept("city", "text", "city|town|ort"),
    _concept("state", "text", "state|region|province|state region"),
    _concept("zip", "text", "zip|postal code|zip code|z i p|postcode"),
    _concept("country", "country", "country|country region|land"),
    _concept("language", "language", "language|hs language|preferred language|locale|lang"),
    _concept("industry", "choice", "industry|branch|sector"),
    _concept("birthday", "date", "birthday|date of birth|birth date"),
    _concept("size", "integer", "size|number of employees|numberofemployees|employees|company size"),
    _concept("tags", "tags", "tags|customer tags|groups|labels"),
    _concept("notes", "text", "notes|note|remarks|comments"),
    _concept(
        "marketing_consent",
        "consent",
        "marketing consent|status|hs email optout|unsubscribed from all e mail|newsletter|opt in",
    ),
)
_LONG = {"no": "number", "nr": "number", "num": "number", "qty": "quantity", "dob": "date of birth"}
OBJECTS = {
    "contact": ("contacts", "users", "subscribers", "members", "people", "persons"),
    "company": ("companies", "organizations", "accounts", "organisations"),
    "deal": ("deals", "opportunities"),
    "ticket": ("tickets", "cases"),
}


def plain(text: str) -> str:
    """A name or label as words: ``user_fields.jobTitle`` is ``job title``."""
    last = text.rpartition(".")[2]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last)
    words = re.sub(r"[^\w]+|_", " ", spaced).casefold().split()
    return " ".join(_LONG.get(word, word) for word in words)


def concept_of(name: str, label: str) -> Concept | None:
    """What a field is by its name, else by its label."""
    for word in (plain(name), plain(label)):
        for concept in CONCEPTS:
            if word in concept.called or word.replace(" ", "") in (
                c.replace(" ", "") for c in concept.called
            ):
                return concept
    return None
