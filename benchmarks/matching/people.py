"""A made-up population: unrelated people, and the families, colleagues and namesakes that are hard to tell
apart."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from anyascii import anyascii

from benchmarks.matching import names
from benchmarks.matching.names import CULTURES, Culture, Spelling
from benchmarks.matching.noise import Noise

_ASCII = str.maketrans({c: anyascii(c) for c in "üöéèøłëúñçáíóãšśćńżźąęäåığşţřýßÅÖŞÇİŁŻôâàïêûîőű"})


@dataclass(frozen=True)
class Company:
    name: str
    domain: str
    phone: str
    city: Spelling
    culture: Culture


@dataclass
class Person:
    """Who is behind the records."""

    key: int
    culture: Culture
    first: Spelling
    last: Spelling
    email: str
    second_email: str
    phone: str
    second_phone: str
    company: Company | None
    city: Spelling
    suffix: str = ""
    role: bool = False
    related: bool = False


def population(people: int, noise: Noise, dice: random.Random) -> Iterator[Person]:
    """Mostly unrelated people, with the families, colleagues and namesakes that are hard to tell apart."""
    companies = [_company(n, dice) for n in range(max(5, people // 12))]
    taken: set[str] = set()
    before: list[Person] = []
    for key in range(people):
        person = _person(key, companies, taken, noise, dice)
        other = dice.choice(before[-50:] if dice.random() < 0.7 else before[-1:]) if before else None
        if other and not other.related:
            person = _related(person, other, noise, dice, taken)
        if person.company and not person.role and dice.random() < noise.switchboard:
            person.phone = person.company.phone
        before.append(person)
        yield person


def _related(person: Person, other: Person, noise: Noise, dice: random.Random, taken: set[str]) -> Person:
    """Perhaps a relative, a namesake or a colleague of somebody else."""

    def own(first: Spelling, company: Company | None) -> str:
        return _own_address(first, other.last, company, person.key, taken, dice)

    home = {"culture": other.culture, "last": other.last, "city": other.city}
    chance = dice.random()
    if chance < noise.household and not other.role:
        first = _another(other, dice)
        phone = other.phone if dice.random() < 0.6 else person.phone
        email = other.email if dice.random() < noise.shared_email else own(first, None)
        second = own(first, None)
        return replace(
            person,
            **home,
            first=first,
            phone=phone,
            email=email,
            second_email=second,
            company=None,
            related=True,
        )
    chance -= noise.household
    if chance < noise.junior and not other.role:
        other.suffix, phone = "Sr.", other.phone if dice.random() < 0.5 else person.phone
        email, second = own(other.first, None), own(other.first, None)
        return replace(
            person,
            **home,
            first=other.first,
            phone=phone,
            email=email,
            second_email=second,
            company=None,
            suffix="Jr.",
            related=True,
        )
    chance -= noise.junior
    if chance < noise.namesake:
        city = other.city if dice.random() < 0.3 else dice.choice(other.culture.cities)
        email, phone = own(other.first, person.company), _phone(other.culture, dice)
        return replace(
            person,
            culture=other.culture,
            first=other.first,
            last=other.last,
            city=city,
            email=email,
            second_email=own(other.first, None),
            phone=phone,
            related=True,
        )
    chance -= noise.namesake
    if chance < noise.colleague and other.company:
        first = _another(other, dice)
        email = own(first, other.company)
        return replace(
            person,
            **home,
            first=first,
            company=other.company,
            email=email,
            second_email=own(first, None),
            related=True,
        )
    chance -= noise.colleague
    if chance < noise.role and person.company:
        email = f"{dice.choice(names.ROLES)}@{person.company.domain}"
        if dice.random() < 0.5:
            return replace(person, email=email)  # a person who is known by the mailbox of the office
        return replace(person, email=email, phone=person.company.phone, role=True)
    return person


def _person(key: int, companies: list[Company], taken: set[str], noise: Noise, dice: random.Random) -> Person:
    company = dice.choice(companies) if dice.random() < 0.6 else None
    culture = dice.choices(CULTURES, [c.share for c in CULTURES])[0]
    if company and dice.random() < 0.7:
        culture = company.culture
    first = culture.first[min(int(dice.expovariate(1.6) * len(culture.first) / 2), len(culture.first) - 1)]
    last = dice.choice(culture.last)
    if culture.ends and dice.random() < 0.8:
        end = dice.choice(culture.ends)
        latin = tuple(a + b for a in last.latin[:2] for b in end.latin)
        last = Spelling(latin, last.native + end.native if last.native else "")
    if noise.rare and dice.random() < noise.rare:
        last = _rare_name(culture, dice)
    if culture.code == "+62" and dice.random() < 0.25:
        first, last = _single_name(noise, dice), Spelling(("",))
    email = _own_address(first, last, company if dice.random() < 0.6 else None, key, taken, dice)
    second = _own_address(first, last, None, key, taken, dice) if dice.random() < 0.7 else _handle(key, dice)
    city = (
        company.city
        if company and company.culture is culture and dice.random() < 0.8
        else dice.choice(culture.cities)
    )
    if noise.rare and city is not (company and company.city) and dice.random() < noise.rare:
        city = Spelling((dice.choice(culture.last).latin[0] + dice.choice(names.TOWNS),))
    return Person(
        key, culture, first, last, email, second, _phone(culture, dice), _phone(culture, dice), company, city
    )


def _single_name(noise: Noise, dice: random.Random) -> Spelling:
    one = dice.choice(names.SINGLE)
    if not noise.rare or dice.random() > noise.rare:
        return one
    return Spelling((dice.choice(names.SINGLE).latin[0][:-2] + one.latin[0][2:],))


def _rare_name(culture: Culture, dice: random.Random) -> Spelling:
    """A family name of two others: there are far more names than those that everybody knows."""
    one, other = dice.choice(culture.last), dice.choice(culture.last)
    latin = tuple(f"{a} {b}" for a, b in zip(one.latin[:2], other.latin[:2], strict=False))
    native = f"{one.native} {other.native}" if one.native and other.native else ""
    if not culture.ends:
        return Spelling(latin, native)
    end = dice.choice(culture.ends)
    native = one.native + other.native + end.native if native else ""
    return Spelling((one.latin[0] + other.latin[0].lower() + end.latin[0],), native)


def _another(other: Person, dice: random.Random) -> Spelling:
    """A given name that is not this person's."""
    return next(
        n for n in iter(lambda: dice.choice(other.culture.first), None) if n.latin[0] != other.first.latin[0]
    )


def _own_address(
    first: Spelling, last: Spelling, company: Company | None, key: int, taken: set[str], dice: random.Random
) -> str:
    """An address that nobody else has."""
    email = _address(first, last, company, key, dice)
    while email.replace(".", "") in taken:
        email = email.replace("@", f"{dice.randrange(1000)}@")
    taken.add(email.replace(".", ""))
    return email


def _company(key: int, dice: random.Random) -> Company:
    culture = dice.choices(CULTURES, [c.share for c in CULTURES])[0]
    name = f"{dice.choice(names.COMPANY_FIRST)} {dice.choice(names.COMPANY_SECOND)}"
    city = dice.choice(culture.cities)
    if dice.random() < 0.4:
        name += f" {city.latin[0]}"
    slug = name.lower().translate(_ASCII).replace(" ", dice.choice(("", "-")))
    return Company(name, f"{slug}{key if key > 300 else ''}.example", _phone(culture, dice), city, culture)


def _phone(culture: Culture, dice: random.Random) -> str:
    prefix = dice.choice(culture.mobile)
    return f"{culture.code} {prefix} {dice.randrange(10**6, 10**7)}"


def _handle(key: int, dice: random.Random) -> str:
    words = (
        "star blue sky cool green tiger moon river happy lucky dragon music photo travel coffee mama papa"
    ).split()
    return f"{dice.choice(words)}{dice.choice(words)}{dice.randrange(10000)}@{dice.choice(names.MAILERS)}"


def _address(first: Spelling, last: Spelling, company: Company | None, key: int, dice: random.Random) -> str:
    f, g = (
        s.latin[0].lower().translate(_ASCII).replace(" ", "").replace("'", "").replace("-", "")
        for s in (first, last)
    )
    forms = [f"{f}.{g}", f"{f[:1]}{g}", f"{f}{g}", f"{f[:1]}.{g}", f"{g}.{f}", f] if g else [f]
    local = dice.choices(forms, (40, 20, 15, 10, 10, 5)[: len(forms)])[0]
    if company:
        return f"{local}@{company.domain}"
    if dice.random() < 0.6:
        local += str(dice.choice((dice.randrange(100), dice.randrange(1950, 2005), dice.randrange(1000))))
    return f"{local}@{dice.choice(names.MAILERS)}"
