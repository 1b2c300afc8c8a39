"""What a Zendesk user may be given, and what a write does to it, in the sandbox."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.clock import iso_s
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Json
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import Mistakes, forbidden, invalid, mistake
from connectors.zendesk.sandbox.schema import EMAIL, LOCALES, checked, field_tags
from connectors.zendesk.sandbox.webhooks import tell, tell_changes, watched

ROLES = ("end-user", "agent", "admin")
PLAIN = (
    "phone",
    "notes",
    "details",
    "alias",
    "time_zone",
    "external_id",
    "suspended",
    "role",
    "verified",
    "locale",
)
KNOWN = {
    *PLAIN,
    *("name", "email", "tags", "user_fields", "organization_id", "identities", "skip_verify_email"),
    *("id", "locale_id", "remote_photo_url", "custom_role_id", "signature", "organization"),
}
WITHOUT_EFFECT = {"id", "remote_photo_url", "signature", "organization"}


def new_row(account: Account, base: str, created: int, updated: int) -> Row:
    id = account.new_id("user")
    return {
        "id": id,
        "url": f"{base}/api/v2/users/{id}.json",
        "name": "",
        "email": None,
        "created_at": iso_s(created),
        "updated_at": iso_s(updated),
        "time_zone": "UTC",
        "phone": None,
        "shared_phone_number": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": "end-user",
        "verified": False,
        "external_id": None,
        "tags": [],
        "alias": "",
        "active": True,
        "shared": False,
        "suspended": False,
        "notes": "",
        "details": "",
        "custom_role_id": None,
        "user_fields": {
            key: False if item["type"] == "checkbox" else None for key, item in account.user_fields.items()
        },
    }


def create(account: Account, given: Json, base: str, ignored: list[str]) -> Row:
    """A new user; raises `Refused` with all mistakes. A mail goes out unless `skip_verify_email` is set."""
    details: Mistakes = {}
    if not str(given.get("name") or "").strip():
        mistake(details, "name", "cannot be blank", "BlankValue")
    changes = _checked(account, given, None, details, ignored)
    extra = _identities(account, given, changes.get("email"), details)
    if details:
        raise invalid(details)
    now = account.clock.tick()
    row = new_row(account, base, now, now)
    emails = [changes.pop("email", None), *extra]
    primary = next((email for email in emails if email), None)
    row["email"] = primary
    organization, phone = changes.pop("organization_id", None), changes.pop("phone", None)
    _apply(account, row, changes)
    if account.mode.muted:
        return {**row, "organization_id": organization, "phone": phone}
    account.users.add(row["id"], row)
    account.user_feed.set(row["id"], now)
    if row["external_id"]:
        account.user_keys[row["external_id"].lower()] = row["id"]
    if primary:
        account.emails[primary] = row["id"]
        for email in extra:
            if email != primary:
                account.own_identities(row).append(account.new_identity(row, email))
                account.emails[email] = row["id"]
        account.mails += 0 if given.get("skip_verify_email") else 1
    account.add_phone(row, phone)
    if organization is not None:
        account.join(row, organization, default=True)
    tell(account, "user", "created", row)
    return row


def update(account: Account, row: Row, given: Json, ignored: list[str]) -> Row:
    """Change a user; what is already so moves nothing. A new address becomes a further identity."""
    if row["shared"]:
        raise forbidden("You cannot change a shared user")
    details: Mistakes = {}
    if "name" in given and not str(given["name"] or "").strip():
        mistake(details, "name", "cannot be blank", "BlankValue")
    changes = _checked(account, given, row, details, ignored)
    if details:
        raise invalid(details)
    if account.mode.muted:
        copy = {**row, "user_fields": dict(row["user_fields"]), "tags": list(row["tags"])}
        changes.pop("email", None)
        _apply(account, copy, changes)
        return copy
    before = watched(account, row)
    email = changes.pop("email", None)
    if email and account.emails.get(email) != row["id"]:
        account.own_identities(row).append(account.new_identity(row, email, primary=not row["email"]))
        account.emails[email] = row["id"]
        row["email"] = row["email"] or email
        tell(account, "user", "identity_created", row, {"identity": {"type": "email", "value": email}})
        account.mails += 0 if given.get("skip_verify_email") else 1
        changed = True
    else:
        changed = False
    if "organization_id" in changes:
        organization = changes.pop("organization_id")
        changed |= row["organization_id"] != organization
        account.set_only_organization(row, organization)
    old_key = row["external_id"]
    if "phone" in changes:
        phone = changes.pop("phone")
        changed |= row["phone"] != phone
        account.add_phone(row, phone)
    changed |= _apply(account, row, changes)
    if old_key != row["external_id"]:
        account.user_keys.pop((old_key or "").lower(), None)
        if row["external_id"]:
            account.user_keys[row["external_id"].lower()] = row["id"]
    if changed:
        account.touch_user(row)
    tell_changes(account, "user", before, row)
    return row


def delete(account: Account, row: Row) -> Row:
    """Soft: the user becomes inactive, and gives back its addresses and memberships."""
    if account.mode.muted:
        return {**row, "active": False}
    for identity in account.identities_of(row):
        owners = account.emails if identity["type"] == "email" else account.phones
        owners.pop(identity["value"], None)
    account.identities.pop(row["id"], None)
    account.user_keys.pop((row["external_id"] or "").lower(), None)
    for id in list(account.of_user.get(row["id"], ())):
        account.leave(account.memberships.rows[id])
    row["active"] = False
    account.deleted.add(row["id"], row)
    account.touch_user(row)
    return row


def _checked(account: Account, given: Json, row: Row | None, details: Mistakes, ignored: list[str]) -> Json:
    """The changes in stored form."""
    ignored += [name for name in given if name not in KNOWN or name in WITHOUT_EFFECT - {"id"}]
    changes: Json = {name: given[name] for name in PLAIN if name in given}
    if "name" in given:
        changes["name"] = str(given["name"]).strip()
    for name in ("phone", "external_id"):
        if name in changes:
            changes[name] = str(changes[name] or "").strip() or None
    for name in ("notes", "details", "alias"):
        if name in changes:
            changes[name] = str(changes[name] or "")
    if "role" in changes and changes["role"] not in ROLES:
        mistake(details, "role", f"{changes['role']} is not valid")
    if changes.get("locale", "en-US") not in LOCALES:
        if changes["locale"] is None or changes["locale"] == "":
            changes["locale"] = "en-US"
        else:
            mistake(details, "locale", f"{changes['locale']} is not valid")
    _check_email(account, given, row, changes, details, ignored)
    _check_key(account, row, changes, details)
    if "organization_id" in given:
        changes["organization_id"] = _organization(account, given["organization_id"], details)
    if "tags" in given:
        changes["tags"] = [str(tag) for tag in given["tags"] or ()]
    if "user_fields" in given:
        fields = account.user_fields
        changes["user_fields"] = checked(fields, given["user_fields"], details, ignored, "user_fields")
    return changes


def _check_email(
    account: Account, given: Json, row: Row | None, changes: Json, details: Mistakes, ignored: list[str]
) -> None:
    if "email" not in given:
        return
    email = str(given["email"] or "").strip().lower()
    if not email:
        if row is not None and row["email"]:
            ignored.append("email (cannot be cleared; delete the identity)")
        return
    owner = account.emails.get(email)
    if not EMAIL.fullmatch(email):
        mistake(details, "email", f"{email} is not properly formatted")
    elif owner is not None and (row is None or owner != row["id"]):
        mistake(details, "email", f"{email} is already being used by another user", "DuplicateValue")
    changes["email"] = email


def _check_key(account: Account, row: Row | None, changes: Json, details: Mistakes) -> None:
    key = changes.get("external_id")
    owner = account.user_keys.get(key.lower()) if key else None
    if owner is not None and (row is None or owner != row["id"]):
        mistake(details, "external_id", "has already been taken", "DuplicateValue")


def _organization(account: Account, given: Any, details: Mistakes) -> int | None:
    if given is None or given == "":
        return None
    id = int(given) if str(given).isdecimal() else -1
    if id not in account.organizations.rows:
        mistake(details, "organization", "is invalid")
    return id


def _identities(account: Account, given: Json, primary: str | None, details: Mistakes) -> list[str]:
    """Addresses of the ``identities`` list of a create."""
    found: list[str] = []
    for item in given.get("identities") or ():
        value = str(item.get("value") or "").strip().lower()
        if item.get("type") != "email" or value == primary:
            continue
        if not EMAIL.fullmatch(value):
            mistake(details, "email", f"{value} is not properly formatted")
        elif value in account.emails:
            mistake(details, "email", f"{value} is already being used by another user", "DuplicateValue")
        found.append(value)
    return found


def _apply(account: Account, row: Row, changes: Json) -> bool:
    """Store values; says whether anything changed. Dropdown values keep their tag on the user."""
    fields = changes.pop("user_fields", {})
    old_values = dict(row["user_fields"])
    old_tags = list(row["tags"])
    if "locale" in changes:
        row["locale_id"] = LOCALES[changes["locale"]]
    changed = any(row[name] != value for name, value in changes.items() if name != "tags")
    row.update(changes)
    row["user_fields"].update(fields)
    gone = field_tags(account.user_fields, old_values) - field_tags(account.user_fields, row["user_fields"])
    kept = [tag for tag in row["tags"] if tag not in gone or tag in changes.get("tags", ())]
    row["tags"] = sorted({*kept, *field_tags(account.user_fields, row["user_fields"])})
    return changed or old_values != row["user_fields"] or sorted(old_tags) != row["tags"]
