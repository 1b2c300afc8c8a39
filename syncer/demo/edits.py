"""What people do in the apps while nobody syncs, and what has to come of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import phonenumbers

from connectors.sandbox import names
from connectors.sandbox.phones import phone_number
from syncer.demo.apps import Apps, Value
from syncer.store.database import Database
from syncer.store.records import Records

CAST = 60  # so many people are looked at, to find one for each edit


class TooFew(Exception):
    """Nobody in all three apps fits an edit."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is in all three apps. `ids`: app -> record; `seen`: app -> our field -> value."""

    who: str
    ids: Mapping[str, str]
    seen: Mapping[str, Mapping[str, Value]]

    @property
    def called(self) -> str:
        return f"{self.seen['hubspot']['name']} <{self.seen['hubspot']['email']}>"

    def held(self, field: str) -> dict[str, Value]:
        """What each app holds in a field."""
        return {app: values[field] for app, values in self.seen.items()}

    def agreed(self, field: str) -> str | None:
        """The value that all apps hold in the same form, if they do."""
        first, *others = self.held(field).values()
        return first if all(other == first for other in others) else None


@dataclass(frozen=True, slots=True)
class Edit:
    """A field of one person, edited in one app or more. `typed` is in order of time, a second apart; `wanted`
    says what each app has to hold after the next sync."""

    title: str
    person: Person
    field: str
    typed: Mapping[str, Value]
    wanted: Mapping[str, Value]

    def make(self, apps: Apps) -> None:
        for number, (app, value) in enumerate(self.typed.items()):
            if number:
                time.sleep(1 - time.time() % 1)  # the helpdesk's times are whole seconds
            apps.edit(app, self.person.ids[app], self.field, value)

    def arrived(self, app: str, value: Value) -> bool:
        """Whether that is what the app has to hold. A phone may be written in the app's own way."""
        return _plain(self.field, value) == _plain(self.field, self.wanted[app])


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody new, who subscribes in the mailing tool."""

    email: str
    fields: Mapping[str, str]

    @property
    def called(self) -> str:
        return f"{self.fields['name']} {self.fields['last_name']} <{self.email}>"


def planned(apps: Apps, db: Database) -> list[Edit]:
    """The edits of this story, each of somebody else. Raises `TooFew`."""
    people = list(islice(_people(apps, db), CAST))
    taken: set[str] = set()

    def pick(fits: Callable[[Person], bool]) -> Person:
        person = next((p for p in people if p.who not in taken and fits(p)), None)
        if person is None:
            raise TooFew("too few people are in all three apps for this story; ask for more with --people")
        taken.add(person.who)
        return person

    made = [
        _new_phone(pick(lambda p: (p.agreed("phone") or "").startswith("+"))),
        _new_job(pick(lambda p: p.agreed("job_title") is not None)),
        _cleared(pick(lambda p: (p.agreed("phone") or "").startswith("+"))),
        _two_cities(pick(lambda p: p.agreed("city") is not None)),
        _unsubscribe(pick(_subscribed)),
    ]
    if any(p.who not in taken and _unsubscribed(p) for p in people):
        made.append(_opt_in(pick(_unsubscribed)))
    return made


def signing_up(seed: int) -> SignUp:
    """A new person, made up from the seed."""
    dice = random.Random(f"demo {seed}")
    first, last = dice.choice(names.INDONESIAN_FIRST), dice.choice(names.INDONESIAN_LAST)
    code, area, subscriber = phone_number("Indonesia", dice, mobile=True).split()
    fields = {
        "name": first,
        "last_name": last,
        "phone": f"+{code} {area} {subscriber}",
        "city": dice.choice(names.CITIES["Indonesia"][0]),
        "country": "Indonesia",
        "language": "id",
    }
    return SignUp(f"{first}.{last}.{dice.randrange(1000, 9999)}@mail.example".lower(), fields)


# -- who ----------------------------------------------------------------------------------------------------


def _people(apps: Apps, db: Database) -> Iterator[Person]:
    """People with one settled record in each app, as the apps show them."""
    records = Records(db, "contacts")
    with db.reading():
        units = records.units(records.all_golden()[: 10 * CAST])
    for who, unit in units.items():
        ids = {link.app: link.id for link in unit.links}
        if len(unit.links) == len(ids) == 3 and not unit.observations:
            person = Person(who, ids, {app: apps.read(app, id) for app, id in sorted(ids.items())})
            if person.agreed("email"):
                yield person


def _subscribed(person: Person) -> bool:
    held = person.held("marketing_consent")
    return held["mailerlite"] == "active" and held["hubspot"] != "true" and held["zendesk"] != "unsubscribed"


def _unsubscribed(person: Person) -> bool:
    held = person.held("marketing_consent")
    return (held["mailerlite"], held["hubspot"], held["zendesk"]) == ("unsubscribed", "true", "unsubscribed")


# -- what ---------------------------------------------------------------------------------------------------


def _new_phone(person: Person) -> Edit:
    """Typed with spaces and hyphens; the others get the plain form."""
    old = person.agreed("phone") or ""
    new = f"{old[:-4]}{(int(old[-4:]) + 1111) % 10_000:04d}"
    typed = phonenumbers.format_number(phonenumbers.parse(new), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return Edit(
        "A customer calls the helpdesk: there is a new phone number",
        person,
        "phone",
        {"zendesk": typed},
        dict.fromkeys(person.ids, new),
    )


def _new_job(person: Person) -> Edit:
    old = person.agreed("job_title")
    new = next(job for job, _ in names.JOBS if job != old)
    title = "A salesperson hears of a promotion: a new job title in the CRM"
    return Edit(title, person, "job_title", {"hubspot": new}, dict.fromkeys(person.ids, new))


def _cleared(person: Person) -> Edit:
    title = "A salesperson removes a dead phone number from the CRM"
    return Edit(title, person, "phone", {"hubspot": None}, dict.fromkeys(person.ids))


def _two_cities(person: Person) -> Edit:
    """Two people type different cities; the helpdesk a second later."""
    old = person.agreed("city")
    known = next((cities for cities, _ in names.CITIES.values() if old in cities), names.CITIES["Iran"][0])
    first, second = [city for city in known if city != old][:2]
    return Edit(
        "Two colleagues correct the same city, one in the CRM, then one in the helpdesk: a conflict",
        person,
        "city",
        {"hubspot": first, "zendesk": second},
        dict.fromkeys(person.ids, second),
    )


def _unsubscribe(person: Person) -> Edit:
    return Edit(
        "A subscriber clicks 'unsubscribe' in a newsletter of the mailing tool",
        person,
        "marketing_consent",
        {"mailerlite": "unsubscribed"},
        {"hubspot": "true", "mailerlite": "unsubscribed", "zendesk": "unsubscribed"},
    )


def _opt_in(person: Person) -> Edit:
    return Edit(
        "An agent ticks 'subscribed' in the helpdesk for somebody who had unsubscribed",
        person,
        "marketing_consent",
        {"zendesk": "subscribed"},
        {"hubspot": "true", "mailerlite": "unsubscribed", "zendesk": "unsubscribed"},
    )


def _plain(field: str, value: Value) -> Value:
    return "".join(c for c in value if c.isdigit()) if field == "phone" and value else value
