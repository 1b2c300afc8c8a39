"""What a record is recognised by, in folded form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from syncer.matching.fold import (
    digits,
    fold,
    fold_city,
    fold_company,
    generation,
    name_words,
    with_article,
    without_middle,
    without_titles,
)

MAILERS = frozenset(
    "gmail.com googlemail.com email.com yahoo.com ymail.com yahoo.co.uk yahoo.co.id yahoo.de yahoo.fr "
    "yahoo.es hotmail.com hotmail.co.uk hotmail.fr outlook.com live.com msn.com icloud.com me.com "
    "mac.com aol.com mail.com gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.ru yandex.ru "
    "yandex.com bk.ru list.ru inbox.ru proton.me protonmail.com zoho.com orange.fr free.fr "
    "laposte.net wanadoo.fr libero.it qq.com 163.com 126.com naver.com rediffmail.com fastmail.com "
    "hey.com mailbox.org posteo.de chmail.ir comcast.net verizon.net att.net btinternet.com".split()
)
_LARGEST = ("gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com")
ROLES = frozenset(
    "info sales support office admin contact accounts accounting billing hello help helpdesk service "
    "team mail marketing hr jobs press reception enquiries inquiries orders order finance purchasing "
    "noreply no-reply postmaster webmaster kontakt buero vertrieb ventas contacto customerservice "
    "secretary secretariat shop store".split()
)
_NOTHING = frozenset("n/a na none null unknown - -- . ? test tbd nil".split())
PHONE_TAIL = 8  # the same number with and without country code and trunk 0 ends in the same digits


@dataclass(frozen=True, slots=True)
class Traits:
    """A record's comparison keys; "" and () are what is missing. A company has its name in `given`.

    guessed the name, or a part of it, was read from the mailbox
    mails   normalised addresses (of a company: domains), the main one first
    phones  the closing digits of its numbers
    facts   other things that a person has only one of (birth date, tax number): kind -> folded value
    golden  the golden record that a known record is linked to
    away    a known record that is not there any more: another one of its app may take its place
    written the addresses as the record has them, where one of them is more than what `mails` keeps of it
    """

    app: str
    id: str
    given: str = ""
    family: str = ""
    generation: str = ""
    guessed: bool = False
    mails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    org: str = ""
    city: str = ""
    country: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    golden: str | None = None
    away: bool = False
    written: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.id

    @property
    def is_company(self) -> bool:
        """As far as can be told: a company has a domain in the place of an address."""
        return any("@" not in m for m in self.mails)

    @property
    def domain(self) -> str:
        """The domain of an address that is not a mail provider's: it belongs to an organisation."""
        domain = self.mails[0].partition("@")[2] if self.mails else ""
        return "" if domain in MAILERS else domain


def person(
    app: str,
    id: str,
    values: Mapping[str, str],
    mails: Iterable[str] = (),
    phones: Iterable[str] = (),
    facts: Iterable[tuple[str, str]] = (),
) -> Traits:
    """From plain values by name (first_name, last_name, name, company, city, country); what is missing is
    ""."""
    first, last, whole = (_said(values.get(n)) for n in ("first_name", "last_name", "name"))
    given, family, suffix = name_of(first, last, whole)
    known = {text: kept for text in mails if (kept := mail(text))}
    addresses = tuple(dict.fromkeys(known.values()))
    guess = None if given and family else guessed(given or family, addresses[0] if addresses else "")
    if guess:
        given, family = guess
    return Traits(
        app,
        id,
        given,
        family,
        suffix,
        guess is not None,
        addresses,
        tuple(dict.fromkeys(p for text in phones if (p := phone(text)))),
        fold_company(_said(values.get("company"))),
        fold_city(_said(values.get("city"))),
        fold(_said(values.get("country"))),
        tuple((kind, folded) for kind, text in facts if (folded := fold(text).replace(" ", ""))),
        written=as_written(known, addresses),
    )


def company(
    app: str, id: str, values: Mapping[str, str], domains: Iterable[str] = (), phones: Iterable[str] = ()
) -> Traits:
    """A company, from name, city and country."""
    return Traits(
        app,
        id,
        fold_company(_said(values.get("name"))),
        mails=own_domains(domains),
        phones=tuple(dict.fromkeys(p for text in phones if (p := phone(text)))),
        city=fold_city(_said(values.get("city"))),
        country=fold(_said(values.get("country"))),
    )


def own_domains(texts: Iterable[str]) -> tuple[str, ...]:
    """Domains of companies; a mail provider's is nobody's own."""
    folded = (text.strip().lower().removeprefix("www.") for text in texts)
    return tuple(dict.fromkeys(d for d in folded if d and d not in MAILERS))


def _said(text: str | None) -> str:
    return "" if text is None or text.strip().lower() in _NOTHING else text


@lru_cache(maxsize=65_536)
def name_of(first: str, last: str, whole: str) -> tuple[str, str, str]:
    """(given, family, generation), folded, without titles. A whole name is divided after its first word, or
    turned round at a comma. A mailbox's name is nobody's."""
    if not first and not last:
        before, comma, after = whole.partition(",")
        turned = (
            comma and fold(after) and not set(fold(after).split()) & {"jr", "sr", "ii", "iii", "phd", "md"}
        )
        first, last = (after, before) if turned else (whole, "")
    given, one = generation(name_words(first))
    family, other = generation(name_words(last), least=0 if given else 1)
    given, family = without_titles(given), without_titles(family)
    if not family and len(given) > 1:
        given, family = _divided(given)
    elif not given and len(family) > 1:
        given, family = _divided(family)
    given, family = with_article(without_middle(given)), with_article(family)
    if len(given) + len(family) == 1 and {*given, *family} & ROLES:
        return "", "", ""
    return " ".join(given), " ".join(family), one or other


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    """A whole name after its first word; a letter before two others is no name of its own."""
    first = 2 if len(words[0]) == 1 and len(words) > 2 else 1
    return words[:first], words[first:]


def guessed(known: str, address: str) -> tuple[str, str] | None:
    """A name of two parts from a mailbox like sara.karimi, one of which is known already, if any."""
    local = address.partition("@")[0]
    parts = [w for w in re.split(r"[^a-z]+", local) if len(w) > 1]
    if len(parts) != 2 or local in ROLES or (known and known not in parts):
        return None
    if known:
        return (known, parts[1 - parts.index(known)])
    return parts[0], parts[1]


@lru_cache(maxsize=65_536)
def mail(text: str) -> str:
    """An address without its tag, and without what its provider ignores; "" for what is none."""
    local, at, domain = text.strip().lower().removeprefix("mailto:").partition("@")
    if not at or not local or "." not in domain:
        return ""
    local, domain = local.partition("+")[0] or local, _provider(domain)
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def as_written(texts: Iterable[str], mails: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of which `mails` is what `mail` keeps, folded; none where it keeps all of each."""
    folded = tuple(dict.fromkeys(text.strip().lower() for text in texts))
    return () if folded == mails else folded


def untagged(text: str) -> str:
    """An address without what stands behind the plus."""
    local, at, domain = text.partition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


@lru_cache(maxsize=65_536)
def _provider(domain: str) -> str:
    """A mistyped mail provider, put right."""
    if domain in MAILERS or abs(len(domain) - 10) > 4:
        return domain
    return next((p for p in _LARGEST if OSA.distance(domain, p, score_cutoff=1) <= 1), domain)


@lru_cache(maxsize=65_536)
def phone(text: str) -> str:
    """The closing digits of a number; "" where there are too few, or they are a placeholder."""
    number = digits(text.lower().partition("ext")[0].partition("x")[0])
    return number[-PHONE_TAIL:] if len(number) >= 6 and len(set(number)) > 2 else ""
