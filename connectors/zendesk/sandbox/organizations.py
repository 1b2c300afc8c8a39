"""What a Zendesk organization may be given, and what a write does to it, in the sandbox."""

from __future__ import annotations

from connectors.sandbox.clock import iso_s
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Json
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import Mistakes, invalid, mistake, not_found
from connectors.zendesk.sandbox.schema import checked, field_tags
from connectors.zendesk.sandbox.webhooks import tell, tell_changes, watched

PLAIN = ("external_id", "details", "notes", "group_id", "shared_tickets", "shared_comments")
KNOWN = {*PLAIN, "id", "name", "domain_names", "tags", "organization_fields"}


def new_row(account: Account, base: str, created: int, updated: int) -> Row:
    id = account.new_id("organization")
    return {
        "id": id,
        "url": f"{base}/api/v2/organizations/{id}.json",
        "name": "",
        "external_id": None,
        "domain_names": [],
        "details": "",
        "notes": "",
        "group_id": None,
        "shared_tickets": False,
        "shared_comments": False,
        "tags": [],
        "organization_fields": {
            key: False if item["type"] == "checkbox" else None
            for key, item in account.organization_fields.items()
        },
        "created_at": iso_s(created),
        "updated_at": iso_s(updated),
        "deleted_at": None,
    }


def organization(account: Account, id: int | str) -> Row:
    row = account.organizations.get(int(id)) if str(id).isdecimal() else None
    if row is None:
        raise not_found()
    return row


def create(account: Account, given: Json, base: str, ignored: list[str]) -> Row:
    """A new organization; names are unique, in any letter case."""
    details: Mistakes = {}
    if not str(given.get("name") or "").strip():
        mistake(details, "name", "cannot be blank", "BlankValue")
    changes = _checked(account, given, None, details, ignored)
    if details:
        raise invalid(details)
    now = account.clock.tick()
    row = new_row(account, base, now, now)
    _apply(account, row, changes)
    if not account.mode.muted:
        account.organizations.add(row["id"], row)
        account.organization_feed.set(row["id"], now)
        _claim(account, row)
    tell(account, "organization", "created", row)
    return row


def update(account: Account, row: Row, given: Json, ignored: list[str]) -> Row:
    """Change an organization; what is already so moves nothing. `domain_names` and `tags` are replaced."""
    details: Mistakes = {}
    if "name" in given and not str(given["name"] or "").strip():
        mistake(details, "name", "cannot be blank", "BlankValue")
    changes = _checked(account, given, row, details, ignored)
    if details:
        raise invalid(details)
    if account.mode.muted:
        copy = {**row, "organization_fields": dict(row["organization_fields"])}
        _apply(account, copy, changes)
        return copy
    before = watched(account, row)
    _release(account, row)
    if _apply(account, row, changes):
        now = account.clock.tick()
        row["updated_at"] = iso_s(now)
        account.organization_feed.set(row["id"], now)
    _claim(account, row)
    tell_changes(account, "organization", before, row)
    return row


def delete(account: Account, row: Row) -> None:
    """The organization is gone from everywhere; its members belong to it no more."""
    if account.mode.muted:
        return
    for id in list(account.of_organization.get(row["id"], ())):
        account.leave(account.memberships.rows[id])
    _release(account, row)
    account.organizations.remove(row["id"])
    account.organization_feed.drop(row["id"])
    tell(account, "organization", "deleted", row)


def _checked(account: Account, given: Json, row: Row | None, details: Mistakes, ignored: list[str]) -> Json:
    ignored += [name for name in given if name not in KNOWN]
    changes: Json = {name: given[name] for name in PLAIN if name in given}
    own = row["id"] if row else None
    if "name" in given:
        changes["name"] = str(given["name"]).strip()
        if account.names.get(changes["name"].lower(), own) != own:
            mistake(details, "name", f"{changes['name']} has already been taken", "DuplicateValue")
    if "external_id" in changes:
        changes["external_id"] = str(changes["external_id"] or "").strip() or None
        key = (changes["external_id"] or "").lower()
        if account.organization_keys.get(key, own) != own:
            mistake(details, "external_id", "has already been taken", "DuplicateValue")
    for name in ("details", "notes"):
        if name in changes:
            changes[name] = str(changes[name] or "")
    if "domain_names" in given:
        domains = given["domain_names"] or []
        domains = domains.split() if isinstance(domains, str) else domains
        changes["domain_names"] = list(dict.fromkeys(str(item).strip().lower() for item in domains))
    if "tags" in given:
        changes["tags"] = [str(tag) for tag in given["tags"] or ()]
    if "organization_fields" in given:
        fields = account.organization_fields
        changes["organization_fields"] = checked(
            fields, given["organization_fields"], details, ignored, "organization_fields"
        )
    return changes


def _apply(account: Account, row: Row, changes: Json) -> bool:
    """Store values; says whether anything changed. Dropdown values keep their tag."""
    fields = changes.pop("organization_fields", {})
    old_values, old_tags = dict(row["organization_fields"]), sorted(row["tags"])
    changed = any(row[name] != value for name, value in changes.items() if name != "tags")
    row.update(changes)
    row["organization_fields"].update(fields)
    known = account.organization_fields
    gone = field_tags(known, old_values) - field_tags(known, row["organization_fields"])
    kept = [tag for tag in row["tags"] if tag not in gone or tag in changes.get("tags", ())]
    row["tags"] = sorted({*kept, *field_tags(known, row["organization_fields"])})
    return changed or old_values != row["organization_fields"] or old_tags != row["tags"]


def _claim(account: Account, row: Row) -> None:
    account.names[row["name"].lower()] = row["id"]
    if row["external_id"]:
        account.organization_keys[row["external_id"].lower()] = row["id"]


def _release(account: Account, row: Row) -> None:
    account.names.pop(row["name"].lower(), None)
    account.organization_keys.pop((row["external_id"] or "").lower(), None)
