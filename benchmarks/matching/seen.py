"""How an app sees a person: its own habits, and noise."""

from __future__ import annotations

import random

from benchmarks.matching import names
from benchmarks.matching.noise import Noise
from benchmarks.matching.people import Person

FIELDS = ("email", "first_name", "last_name", "name", "company", "phone", "country", "city")


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
