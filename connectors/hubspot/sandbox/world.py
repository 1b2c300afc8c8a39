"""The seeded world as HubSpot holds it."""

from __future__ import annotations

from connectors.hubspot.sandbox.account import Account
from connectors.sandbox.people import Company, Person, World


def load(account: Account, world: World, start: int) -> None:
    """Put in the seeded world; `start` (microseconds) is where its ages count back from."""
    contacts, companies = account.records["contacts"], account.records["companies"]
    ids: dict[int, int] = {}
    changes: list[tuple[int, int]] = []
    for company in world.companies["hubspot"]:
        updated = start - company.updated * 1_000_000
        id = companies.load(_company(company), start - company.created * 1_000_000, updated)
        ids[company.key] = id
        changes.append((updated, id))
    companies.index.load(changes)
    changes = []
    for person in world.people["hubspot"]:
        updated = start - person.updated * 1_000_000
        values = _contact(person)
        id = contacts.load(values, start - person.created * 1_000_000, updated)
        if person.company in ids:
            account.links.add(id, ids[person.company], {1, 279})
        if person.consent == "unsubscribed" and person.email:
            contacts.opted_out.add(person.email)
            values["hs_email_optout"] = "true"
        changes.append((updated, id))
    contacts.index.load(changes)


def _company(company: Company) -> dict[str, str]:
    values = {
        "name": company.name,
        "domain": company.domain,
        "phone": company.phone,
        "industry": company.industry,
        "city": company.city,
        "country": company.country,
        "numberofemployees": "" if company.size is None else str(company.size),
    }
    return {name: value for name, value in values.items() if value}


def _contact(person: Person) -> dict[str, str]:
    values = {
        "email": person.email,
        "firstname": person.first,
        "lastname": person.last,
        "phone": person.phone,
        "jobtitle": person.job,
        "city": person.city,
        "country": person.country,
        "hs_language": person.language,
        "customer_tags": ";".join(person.tags),
    }
    return {name: value for name, value in values.items() if value}
