"""Made-up contact data of three apps with known answers: one population, seen by each app with noise.

    python -m benchmarks.matching.generate --people 3000 --seed 7 --noise measure --out DIR

writes one CSV an app, and `truth.csv` (app, id, person). The same arguments give the same files.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from anyascii import anyascii

from benchmarks.matching import names
from benchmarks.matching.names import CULTURES, Culture, Spelling

APPS = ("hubspot", "mailerlite", "zendesk")
FIELDS = ("email", "first_name", "last_name", "name", "company", "phone", "country", "city")
_ASCII = str.maketrans({c: anyascii(c) for c in "üöéèøłëúñçáíóãšśćńżźąęäåığşţřýßÅÖŞÇİŁŻôâàïêûîőű"})


@dataclass(frozen=True)
class Noise:
    """How often something happens to a record (or, for the hard negatives, to a person)."""

    typo: float = 0.05
    nickname: float = 0.12
    spelling: float = 0.15
    native: float = 0.35
    letters: float = 0.3
    swapped: float = 0.03
    title: float = 0.04
    initial: float = 0.02
    no_first: float = 0.02
    no_last: float = 0.03
    no_name: float = 0.03
    no_email: float = 0.07
    no_phone: float = 0.2
    no_company: float = 0.2
    no_city: float = 0.15
    other_email: float = 0.09
    plus_tag: float = 0.05
    email_typo: float = 0.02
    other_phone: float = 0.05
    phone_typo: float = 0.02
    moved: float = 0.06
    married: float = 0.01
    twice: float = 0.01
    household: float = 0.08
    shared_email: float = 0.25
    switchboard: float = 0.25
    role: float = 0.02
    namesake: float = 0.04
    colleague: float = 0.04
    junior: float = 0.005


TUNE = Noise()
MEASURE = Noise(
    typo=0.07,
    nickname=0.2,
    spelling=0.25,
    native=0.5,
    letters=0.5,
    swapped=0.04,
    title=0.08,
    initial=0.03,
    no_first=0.015,
    no_last=0.04,
    no_name=0.04,
    no_email=0.06,
    no_phone=0.15,
    no_company=0.3,
    no_city=0.2,
    other_email=0.12,
    plus_tag=0.04,
    email_typo=0.03,
    other_phone=0.07,
    phone_typo=0.03,
    moved=0.1,
    married=0.01,
    twice=0.0,
    household=0.1,
    shared_email=0.3,
    switchboard=0.35,
    role=0.03,
    namesake=0.05,
    colleague=0.06,
    junior=0.01,
)
MILD = Noise(
    typo=0.03,
    nickname=0.07,
    spelling=0.1,
    native=0.2,
    letters=0.2,
    no_email=0.08,
    no_phone=0.25,
    other_email=0.06,
    no_name=0.02,
    no_last=0.02,
    other_phone=0.04,
    household=0.05,
    namesake=0.03,
    twice=0.02,
)
NOISES = {"tune": TUNE, "measure": MEASURE, "mild": MILD}


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


@dataclass
class Row:
    """A record of an app, with the person behind it."""

    app: str
    id: str
    person: int
    values: dict[str, str]


def rows(people: int, seed: int, noise: Noise) -> list[Row]:
    """The records of all apps, shuffled: some 2.2 for each person."""
    dice = random.Random(f"{people} {seed}")
    found = []
    for person in population(people, noise, dice):
        (apps,) = dice.choices(
            (APPS, APPS[:2], APPS[1:], (APPS[0], APPS[2]), APPS[:1], APPS[1:2], APPS[2:]),
            (40, 12, 12, 12, 8, 8, 8),
        )
        for app in apps:
            for _ in range(2 if dice.random() < noise.twice else 1):
                found.append(Row(app, "", person.key, seen(person, app, noise, dice)))
    dice.shuffle(found)
    for n, row in enumerate(found):
        row.id = str(1000 + n)
    return found


# -- the population ----------------------------------------------------------------------------------


def population(people: int, noise: Noise, dice: random.Random) -> Iterator[Person]:
    """Mostly unrelated people, with the families, colleagues and namesakes that are hard to tell apart."""
    companies = [_company(n, dice) for n in range(max(5, people // 12))]
    taken: set[str] = set()
    before: list[Person] = []
    for key in range(people):
        person = _person(key, companies, taken, dice)
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


def _person(key: int, companies: list[Company], taken: set[str], dice: random.Random) -> Person:
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
    if culture.code == "+62" and dice.random() < 0.25:
        first, last = dice.choice(names.SINGLE), Spelling(("",))
    email = _own_address(first, last, company if dice.random() < 0.6 else None, key, taken, dice)
    second = _own_address(first, last, None, key, taken, dice) if dice.random() < 0.7 else _handle(key, dice)
    city = (
        company.city
        if company and company.culture is culture and dice.random() < 0.8
        else dice.choice(culture.cities)
    )
    return Person(
        key, culture, first, last, email, second, _phone(culture, dice), _phone(culture, dice), company, city
    )


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


# -- how an app sees a person ------------------------------------------------------------------------


def seen(person: Person, app: str, noise: Noise, dice: random.Random) -> dict[str, str]:
    """The values of one record: each app's own habits, and noise."""

    def hit(chance: float) -> bool:
        return dice.random() < chance

    values = dict.fromkeys(FIELDS, "")
    native = bool(person.first.native and (person.last.native or not person.last.latin[0])) and hit(
        noise.native
    )
    first, last = _spelled(person, native, noise, dice)
    if hit(noise.married) and person.last.latin[0] and not native:
        last = dice.choice(person.culture.last).latin[0]
    if hit(noise.swapped) and last:
        first, last = last, first
    first = "" if hit(noise.no_first) else first
    last = "" if hit(noise.no_last) else last
    if hit(noise.title) and first:
        first = f"{dice.choice(names.TITLES)} {first}"
    if person.suffix and hit(0.7):
        last = f"{last} {person.suffix}".strip()
    if person.role:
        first, last = ("", person.email.split("@")[0].capitalize()) if hit(0.5) else ("", "")
    elif hit(noise.no_name):
        first = last = ""
    if app == "zendesk":
        values["name"] = f"{last}, {first}" if hit(0.03) and first and last else f"{first} {last}".strip()
    elif hit(0.08):
        values["first_name"] = f"{first} {last}".strip()
    else:
        values["first_name"], values["last_name"] = first, last
    values["email"] = _email(person, noise, dice)
    values["phone"] = _number(person, noise, dice)
    if not values["email"] and not values["phone"]:
        values["email"] = person.email
    if person.company and not hit(noise.no_company):
        values["company"] = dice.choice(names.LEGAL).format(person.company.name)
    city = dice.choice(person.culture.cities) if hit(noise.moved) else person.city
    if not hit(noise.no_city):
        values["city"] = (
            city.native if native and city.native and hit(0.6) else dice.choice((city.latin[0], *city.latin))
        )
    if hit(0.85):
        values["country"] = person.culture.country
    case = dice.random()
    for name in ("first_name", "last_name", "name"):
        values[name] = (
            values[name].upper() if case < 0.03 else values[name].lower() if case < 0.08 else values[name]
        )
    return values


def _spelled(person: Person, native: bool, noise: Noise, dice: random.Random) -> tuple[str, str]:
    if native:
        words = [person.first.native, person.last.native]
        if dice.random() < noise.letters:
            table = dict(zip("یکه", "يكة", strict=True)) if dice.random() < 0.7 else {"\u200c": " ", "ی": "ى"}
            words = ["".join(table.get(c, c) for c in w) for w in words]
        return words[0], words[1]
    out = []
    for name in (person.first, person.last):
        word = (
            dice.choice(name.latin[1:])
            if len(name.latin) > 1 and dice.random() < noise.spelling
            else name.latin[0]
        )
        if dice.random() < noise.typo:
            word = typo(word, dice)
        out.append(word)
    nickname = names.NICKNAMES.get(person.first.latin[0])
    if nickname and dice.random() < noise.nickname:
        out[0] = nickname
    elif dice.random() < noise.initial and out[1]:
        out[0] = out[0][0] + dice.choice(("", "."))
    return out[0], out[1]


def typo(word: str, dice: random.Random) -> str:
    """One slip of the fingers."""
    if len(word) < 3:
        return word
    at = dice.randrange(1, len(word) - 1)
    letter = dice.choice("abcdefghijklmnopqrstuvwxyz")
    return dice.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


def _email(person: Person, noise: Noise, dice: random.Random) -> str:
    if dice.random() < noise.no_email:
        return ""
    email = person.second_email if dice.random() < noise.other_email and not person.role else person.email
    local, _, domain = email.partition("@")
    if dice.random() < noise.plus_tag:
        local += f"+{dice.choice(('news', 'shop', 'crm', 'test'))}"
    elif domain == "gmail.com" and dice.random() < noise.plus_tag:
        local, domain = local.replace(".", ""), dice.choice(("gmail.com", "googlemail.com"))
    if dice.random() < noise.email_typo:
        local, domain = (typo(local, dice), domain) if dice.random() < 0.6 else (local, typo(domain, dice))
    email = f"{local}@{domain}"
    return email.title() if dice.random() < 0.03 else email


def _number(person: Person, noise: Noise, dice: random.Random) -> str:
    if dice.random() < noise.no_phone:
        return ""
    number = person.second_phone if dice.random() < noise.other_phone and not person.role else person.phone
    code, prefix, rest = number.split()
    if dice.random() < noise.phone_typo:
        at = dice.randrange(len(rest))
        rest = rest[:at] + str(dice.randrange(10)) + rest[at + 1 :]
    trunk = "" if code in ("+1", "+34", "+48") else "0"
    forms = (
        f"{code}{prefix}{rest}",
        f"{code} {prefix} {rest[:3]} {rest[3:]}",
        f"{trunk}{prefix}{rest}",
        f"{trunk}{prefix}-{rest[:3]}-{rest[3:]}",
        f"00{code[1:]}{prefix}{rest}",
        f"({trunk}{prefix}) {rest}",
        f"{code} (0){prefix} {rest}",
    )
    text = dice.choice(forms)
    if code == "+98" and dice.random() < noise.letters:
        text = text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    return text


# -- files -------------------------------------------------------------------------------------------


def write(found: list[Row], out: Path) -> list[Path]:
    """One CSV an app, and the truth beside them. Returns the apps' files."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for app in APPS:
        files.append(out / f"{app}.csv")
        with files[-1].open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, ["id", "app", *FIELDS])
            writer.writeheader()
            writer.writerows({"id": r.id, "app": r.app, **r.values} for r in found if r.app == app)
    with (out / "truth.csv").open("w", newline="", encoding="utf-8") as stream:
        truth = csv.writer(stream)
        truth.writerow(("app", "id", "person"))
        truth.writerows((r.app, r.id, r.person) for r in found)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", choices=NOISES, default="measure")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(rows(options.people, options.seed, NOISES[options.noise]), options.out)


if __name__ == "__main__":
    main()
