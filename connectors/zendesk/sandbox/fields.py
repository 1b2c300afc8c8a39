"""Zendesk's custom field definitions and locales in the sandbox."""

from __future__ import annotations

from connectors.sandbox.table import Table
from connectors.sandbox.wire import Answer, Call, Json, Routes
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import Mistakes, invalid, mistake, numbered, wrapped
from connectors.zendesk.sandbox.schema import LOCALES, TYPES, definition


def user_fields(account: Account, call: Call) -> Answer:
    return numbered(call, "user_fields", list(account.user_fields.values()))


def organization_fields(account: Account, call: Call) -> Answer:
    return numbered(call, "organization_fields", list(account.organization_fields.values()))


def create_user_field(account: Account, call: Call) -> Answer:
    return _create(account, call, "user_field", account.user_fields, account.users, "user_fields")


def create_organization_field(account: Account, call: Call) -> Answer:
    known, rows = account.organization_fields, account.organizations
    return _create(account, call, "organization_field", known, rows, "organization_fields")


def _create(
    account: Account, call: Call, name: str, known: dict[str, Json], rows: Table, where: str
) -> Answer:
    given, details = wrapped(call, name), Mistakes()
    key, type = str(given.get("key") or ""), given.get("type")
    if not key:
        mistake(details, "key", "cannot be blank", "BlankValue")
    elif key in known:
        mistake(details, "key", f"{key} has already been taken", "DuplicateValue")
    if type not in TYPES:
        mistake(details, "type", f"{type} is not valid")
    if not given.get("title"):
        mistake(details, "title", "cannot be blank", "BlankValue")
    options = given.get("custom_field_options") or []
    if type in ("dropdown", "multiselect") and not options:
        mistake(details, "custom_field_options", "cannot be blank", "BlankValue")
    if details:
        raise invalid(details)
    made = definition(account.new_id("field"), key, str(type), options)
    made |= {
        "title": given["title"],
        "raw_title": given["title"],
        "description": given.get("description", ""),
    }
    if not account.mode.muted:
        known[key] = made
        for row in rows.rows.values():
            row[where][key] = False if type == "checkbox" else None
    return Answer(201, {name: made})


def locales(account: Account, call: Call) -> Answer:
    found = [
        {"id": id, "locale": locale, "name": locale, "native_name": locale} for locale, id in LOCALES.items()
    ]
    return numbered(call, "locales", found)


FIELDS: Routes[Account] = {
    ("GET", "/user_fields"): user_fields,
    ("POST", "/user_fields"): create_user_field,
    ("GET", "/organization_fields"): organization_fields,
    ("POST", "/organization_fields"): create_organization_field,
    ("GET", "/locales"): locales,
}
