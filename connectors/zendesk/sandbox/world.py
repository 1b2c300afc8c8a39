"""The seeded world as Zendesk holds it, and the staff that every account has."""

from __future__ import annotations

from connectors.sandbox.clock import DAY_US
from connectors.sandbox.people import Company, Person, World
from connectors.sandbox.table import Feed, Row
from connectors.sandbox.wire import Json
from connectors.zendesk.sandbox import organizations, users
from connectors.zendesk.sandbox.account import ADMIN_EMAIL, DIRECT_LINE, Account
from connectors.zendesk.sandbox.schema import LOCALES, field_tags

STAFF = (
    ("Sandbox Admin", ADMIN_EMAIL, "admin"),
    ("Putri Agent", "putri.agent@sandbox.test", "agent"),
    ("Navid Agent", "navid.agent@sandbox.test", "agent"),
)
LOCALE = {"en": "en-US", "fa": "fa", "id": "id"}


def load(account: Account, world: World, start: int, base: str) -> None:
    """Put in the seeded world; `start` (microseconds) is where its ages count back from."""
    changes: list[tuple[int, int]] = []
    for name, email, role in STAFF if world.people["zendesk"] else STAFF[:1]:
        then = start - 400 * DAY_US
        row = users.new_row(account, base, then, then)
        row.update(name=name, email=email, role=role, verified=True)
        changes.append(_add(account, row, then))
    ids = _load_organizations(account, world, start, base)
    for person in world.people["zendesk"]:
        updated = start - person.updated * 1_000_000
        row = users.new_row(account, base, start - person.created * 1_000_000, updated)
        row.update(_user(person, account))
        changes.append(_add(account, row, updated))
        if person.company in ids:
            account.join(row, ids[person.company], default=True)
    account.user_feed = Feed(changes)


def _load_organizations(account: Account, world: World, start: int, base: str) -> dict[int, int]:
    """Company key -> organization id."""
    ids: dict[int, int] = {}
    changes: list[tuple[int, int]] = []
    for company in world.companies["zendesk"]:
        updated = start - company.updated * 1_000_000
        row = organizations.new_row(account, base, start - company.created * 1_000_000, updated)
        row.update(_organization(company, account))
        if row["name"].lower() in account.names:
            row["name"] = f"{row['name']} {row['id'] % 10_000}"
        account.organizations.rows[row["id"]] = row
        account.organizations.ids.append(row["id"])
        account.names[row["name"].lower()] = row["id"]
        changes.append((updated, row["id"]))
        ids[company.key] = row["id"]
    account.organization_feed = Feed(changes)
    return ids


def _add(account: Account, row: Row, updated: int) -> tuple[int, int]:
    account.users.rows[row["id"]] = row
    account.users.ids.append(row["id"])
    if row["email"]:
        account.emails[row["email"]] = row["id"]
    if row["phone"]:
        taken = account.phones.get(row["phone"]) is not None
        row["shared_phone_number"] = taken
        if not taken and DIRECT_LINE.fullmatch(row["phone"]):
            account.phones[row["phone"]] = row["id"]
    return updated, row["id"]


def _user(person: Person, account: Account) -> Json:
    locale = LOCALE.get(person.language, "en-US")
    fields = {
        "job_title": person.job or None,
        "city": person.city or None,
        "country": person.country or None,
        "marketing_consent": person.consent or None,
    }
    return {
        "name": " ".join(part for part in (person.first, person.last) if part),
        "email": person.email or None,
        "phone": person.phone or None,
        "verified": bool(person.email),
        "locale": locale,
        "locale_id": LOCALES[locale],
        "tags": sorted({*person.tags, *field_tags(account.user_fields, fields)}),
        "user_fields": fields,
    }


def _organization(company: Company, account: Account) -> Json:
    fields = {
        "phone": company.phone or None,
        "city": company.city or None,
        "country": company.country or None,
        "size": company.size,
        "industry": company.industry.lower() or None,
    }
    return {
        "name": company.name,
        "domain_names": [company.domain] if company.domain else [],
        "tags": sorted(field_tags(account.organization_fields, fields)),
        "organization_fields": fields,
    }
