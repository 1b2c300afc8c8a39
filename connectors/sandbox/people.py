"""The seeded world: people and companies, and how each app knows them.

One population is drawn, each person is put into one to three apps, and each app's view of a person
disagrees a little with the others: phone formats, scripts, nicknames, job titles, cities, blanks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate

from connectors.sandbox import names
from connectors.sandbox.phones import phone_number, written

APPS = ("hubspot", "mailerlite", "zendesk")
# Which apps a person is in: most are in several. The weights add up to 100.
SPREAD: tuple[tuple[str, ...], ...] = (
    APPS,
    ("hubspot", "mailerlite"),
    ("hubspot", "zendesk"),
    ("mailerlite", "zendesk"),
    ("hubspot",),
    ("mailerlite",),
    ("zendesk",),
)
SPREAD_WEIGHTS = tuple(accumulate((64, 9, 9, 6, 4, 4, 4)))
COUNTRIES = ("Indonesia", "Iran", "United States", "United Kingdom", "Germany")
LANGUAGE = {"Indonesia": "id", "Iran": "fa"}
DUPLICATES = 0.02
IN_AUDIENCE = 0.9  # share of MailerLite's people whom Mailchimp knows too
YEAR = 365 * 86_400


@dataclass(slots=True)
class Company:
    """A company as one app knows it. `key` is the same in all apps; ages are seconds before the start."""

    key: int
    name: str
    domain: str
    phone: str
    industry: str
    city: str
    country: str
    size: int | None
    tags: tuple[str, ...] = ()
    updated: int = 0
    created: int = 0


@dataclass(slots=True)
class Person:
    """A person as one app knows them. `company` is a company's key; `consent` a state by name, or ""."""

    key: int
    first: str
    last: str
    email: str
    phone: str
    job: str
    company: int | None
    city: str
    country: str
    language: str
    consent: str
    tags: tuple[str, ...]
    native: tuple[str, str] = ("", "")
    other_spelling: str = ""
    other_job: str = ""
    updated: int = 0
    created: int = 0


@dataclass(slots=True)
class World:
    """What each app starts with: `people[app]`, and `companies[app]` for the apps that have companies."""

    people: dict[str, list[Person]] = field(default_factory=lambda: {app: [] for app in (*APPS, "mailchimp")})
    companies: dict[str, list[Company]] = field(default_factory=lambda: {"hubspot": [], "zendesk": []})
    company_names: dict[int, str] = field(default_factory=dict)


def world(people: int, seed: int) -> World:
    """`people` records in each app and a fifth as many companies, the same for the same arguments."""
    dice = random.Random(f"world {seed} {people}")
    made = World()
    companies = list(_companies(people // 5, dice, made))
    population = _population(dice, companies)
    while any(len(made.people[app]) < people for app in APPS):
        person = next(population)
        (apps,) = dice.choices(SPREAD, cum_weights=SPREAD_WEIGHTS)
        for app in apps:
            known = made.people[app]
            if len(known) < people:
                known.append(_view(person, app, dice))
            if len(known) < people and dice.random() < DUPLICATES:
                known.append(_duplicate(person, app, dice))
    made.people["mailchimp"] = _audience(made, people, random.Random(f"audience {seed} {people}"))
    return made


# -- companies ---------------------------------------------------------------------------------------


def _companies(count: int, dice: random.Random, made: World) -> Iterator[Company]:
    taken: set[str] = set()
    key = 0
    while any(len(known) < count for known in made.companies.values()):
        key += 1
        company = _company(key, taken, dice)
        made.company_names[key] = company.name
        yield company
        (apps,) = dice.choices((("hubspot", "zendesk"), ("hubspot",), ("zendesk",)), (80, 10, 10))
        for app in apps:
            if len(made.companies[app]) < count:
                made.companies[app].append(_company_view(company, dice))


def _company(key: int, taken: set[str], dice: random.Random) -> Company:
    country = dice.choices(COUNTRIES, (34, 24, 20, 12, 10))[0]
    city = dice.choice(names.CITIES[country][0])
    base = f"{dice.choice(names.COMPANY_FIRST)} {dice.choice(names.COMPANY_SECOND)}"
    if base in taken:
        base = f"{base} {city}"
    if base in taken:
        base = f"{base} {key}"
    taken.add(base)
    slug = re.sub(r"[^a-z0-9]+", "-", base.lower().replace("ü", "ue").replace("ö", "oe"))
    return Company(
        key=key,
        name=base,
        domain=f"{slug}.{'test' if key % 4 == 0 else 'example'}",
        phone=phone_number(country, dice, mobile=False),
        industry=dice.choice(names.INDUSTRIES),
        city=city,
        country=country,
        size=dice.choice((5, 12, 25, 40, 80, 150, 400, 1200, None)),
    )


def _company_view(company: Company, dice: random.Random) -> Company:
    pattern = dice.choice(names.SUFFIXES[company.country])
    age = dice.randrange(YEAR)
    return replace(
        company,
        name=pattern.format(company.name),
        domain="" if dice.random() < 0.08 else company.domain,
        phone="" if dice.random() < 0.15 else written(company.phone, dice),
        industry="" if dice.random() < 0.1 else company.industry,
        size=None if dice.random() < 0.2 else company.size,
        city=_city(company.city, company.country, dice),
        updated=2 * 86_400 + age,
        created=2 * 86_400 + age + dice.randrange(YEAR),
    )


# -- people ------------------------------------------------------------------------------------------


def _population(dice: random.Random, companies: list[Company]) -> Iterator[Person]:
    """People without end: mostly unrelated, with families, colleagues, namesakes and role mailboxes."""
    taken: set[str] = set()
    previous: Person | None = None
    key = 0
    while True:
        key += 1
        company = dice.choice(companies) if companies and dice.random() < 0.7 else None
        person = _person(key, company, dice)
        chance = dice.random()
        if company and chance < 0.02:
            role = dice.choice(("info", "sales", "support", "admin"))
            person = replace(person, first="", last=role.capitalize(), native=("", ""), job="", other_job="")
            person.email = f"{role}@{company.domain}"
            person.phone = company.phone
        elif previous is None or previous.country != person.country:
            pass  # relatives, namesakes and colleagues come from one country
        elif chance < 0.06:  # one household: the same surname and phone
            person.last, person.phone, person.city = previous.last, previous.phone, previous.city
            person.native = (person.native[0], previous.native[1]) if all(person.native) else ("", "")
        elif chance < 0.10:  # a namesake who is somebody else
            person.first, person.last, person.native = previous.first, previous.last, previous.native
            person.other_spelling = previous.other_spelling
        elif previous.company and chance < 0.16:  # a colleague with the same surname
            person.last, person.company = previous.last, previous.company
            person.native = ("", "")
        if not person.email:
            person.email = _email(person, company, taken, dice)
        elif person.email in taken:
            continue
        taken.add(person.email)
        previous = person
        yield person


def _person(key: int, company: Company | None, dice: random.Random) -> Person:
    country = company.country if company else dice.choices(COUNTRIES, (34, 24, 20, 12, 10))[0]
    first, last, native, other = _name(country, dice)
    job, other_job = dice.choice(names.JOBS)
    cities = names.CITIES[country][0]
    consents = ("subscribed", "unsubscribed", "pending", "bounced", "complained")
    return Person(
        key=key,
        first=first,
        last=last,
        email="",
        phone=phone_number(country, dice, mobile=True),
        job=job if company else "",
        company=company.key if company else None,
        city=company.city if company and dice.random() < 0.8 else dice.choice(cities),
        country=country,
        language=LANGUAGE.get(country, "en"),
        consent=dice.choices(consents, (84, 8, 3, 4, 1))[0],
        tags=tuple(tag for tag in names.TAGS if dice.random() < 0.12),
        native=native,
        other_spelling=other,
        other_job=other_job if company else "",
    )


def _name(country: str, dice: random.Random) -> tuple[str, str, tuple[str, str], str]:
    """First and last name, the pair in Persian script (or blanks), another spelling of the first name."""
    if country == "Iran":
        latin, other, script = dice.choice(names.PERSIAN_FIRST)
        root, root_script = dice.choice(names.PERSIAN_ROOTS)
        end, end_script = dice.choice(names.PERSIAN_ENDS)
        return latin, root + end, (script, root_script + end_script), other
    if country == "Indonesia":
        shape = dice.random()
        if shape < 0.15:
            return dice.choice(names.INDONESIAN_SINGLE), "", ("", ""), ""
        first = dice.choice(names.INDONESIAN_FIRST)
        last = dice.choice(names.INDONESIAN_LAST)
        if shape < 0.45:
            last = f"{dice.choice(names.INDONESIAN_MIDDLE)} {last}"
        if shape < 0.20:
            last = f"{dice.choice(names.INDONESIAN_FIRST)} {last} {dice.choice(names.INDONESIAN_LAST)}"
        short = {"Muhammad": "Moh.", "Ahmad": "Achmad", "Siti": "Sitti"}.get(first, "")
        return first, last, ("", ""), short
    first = dice.choice(names.LATIN_FIRST)
    if dice.random() < 0.25:
        last = dice.choice(names.LATIN_LAST)
    else:
        last = dice.choice(names.LATIN_ROOTS) + dice.choice(names.LATIN_ENDS)
    return first, last, ("", ""), names.NICKNAMES.get(first, "")


_ASCII = str.maketrans("üöéèøłëúñç", "uoeeoleunc")


def _email(person: Person, company: Company | None, taken: set[str], dice: random.Random) -> str:
    words = re.sub(r"[^a-z ]", "", f"{person.first} {person.last}".lower().translate(_ASCII)).split()
    local = ".".join(words[:3]) or "contact"
    at_work = company and dice.random() < 0.75
    domain = (
        company.domain if company and at_work else dice.choice(("mail.example", "inbox.example", "post.test"))
    )
    email = f"{local}@{domain}"
    while email in taken:
        email = f"{local}{dice.randrange(10, 10_000_000)}@{domain}"
    return email


def _city(city: str, country: str, dice: random.Random) -> str:
    chance = dice.random()
    if chance < 0.1:
        return ""
    return names.CITIES[country][1].get(city, city) if chance < 0.25 else city


def _view(person: Person, app: str, dice: random.Random) -> Person:
    """The person as one app knows them."""
    chance = dice.random
    first, last = person.first, person.last
    if all(person.native) and chance() < (0.4 if app == "zendesk" else 0.15):
        first, last = person.native
    elif person.other_spelling and chance() < 0.12:
        first = person.other_spelling
    elif chance() < 0.05:
        first, last = (first.lower(), last.lower()) if app == "mailerlite" else (first.upper(), last.upper())
    consent = person.consent if app == "mailerlite" else ""
    if app == "hubspot" and chance() < 0.04:
        consent = "unsubscribed"
    elif app == "zendesk" and person.consent == "subscribed" and chance() < 0.15:
        consent = "subscribed" if chance() < 0.9 else "unsubscribed"
    without_email = app != "mailerlite" and chance() < 0.03
    age = dice.randrange(YEAR)
    return Person(
        key=person.key,
        first=first,
        last=last,
        email="" if without_email else person.email,
        phone="" if chance() < 0.18 else written(person.phone, dice),
        job=person.other_job if chance() < 0.15 else "" if chance() < 0.15 else person.job,
        company=None if chance() < 0.1 else person.company,
        city=_city(person.city, person.country, dice),
        country="" if chance() < 0.12 else person.country,
        language="" if chance() < 0.2 else person.language,
        consent=consent,
        tags=tuple(tag for tag in person.tags if chance() < 0.8) if person.tags else (),
        updated=2 * 86_400 + age,
        created=2 * 86_400 + age + dice.randrange(YEAR),
    )


def _audience(made: World, people: int, dice: random.Random) -> list[Person]:
    """Whom Mailchimp knows: most of MailerLite's people and some of the others. Drawn from those that are
    there, so that a fourth app changes nothing in the other three."""
    known = {person.email: person for person in made.people["mailerlite"] if dice.random() < IN_AUDIENCE}
    others = [*made.people["hubspot"], *made.people["zendesk"], *made.people["mailerlite"]]
    for person in dice.sample(others, len(others)):
        if len(known) >= people:
            break
        if person.email:
            known.setdefault(person.email, person)
    return [_member(person, dice) for person in list(known.values())[:people]]


def _member(person: Person, dice: random.Random) -> Person:
    """The person as Mailchimp knows them: what another app holds, less some of it, sometimes differing."""
    chance = dice.random
    age = dice.randrange(YEAR)
    consent = person.consent or ("subscribed" if chance() < 0.9 else "unsubscribed")
    return replace(
        person,
        phone="" if chance() < 0.3 else person.phone,
        job="" if chance() < 0.3 else person.job,
        company=None if chance() < 0.2 else person.company,
        city="" if chance() < 0.2 else person.city,
        country="" if chance() < 0.2 else person.country,
        consent="unsubscribed" if chance() < 0.03 else consent,
        tags=tuple(tag for tag in person.tags if chance() < 0.8),
        updated=2 * 86_400 + age,
        created=2 * 86_400 + age + dice.randrange(YEAR),
    )


def _duplicate(person: Person, app: str, dice: random.Random) -> Person:
    """The same person again in the same app: with another address, or without one where allowed."""
    again = _view(person, app, dice)
    local = person.email.partition("@")[0]
    with_email = app == "mailerlite" or dice.random() < 0.6
    again.email = f"{local}.{person.key}@private.example" if with_email else ""
    return again
