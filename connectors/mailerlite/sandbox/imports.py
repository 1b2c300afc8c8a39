"""MailerLite's imports of subscribers into a group, in the sandbox: done at once, reported afterwards."""

from __future__ import annotations

from connectors.mailerlite.sandbox.account import Account
from connectors.mailerlite.sandbox.groups import group
from connectors.mailerlite.sandbox.subscribers import EMAIL, invalid, missing
from connectors.sandbox.clock import iso_us
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Routes

COUNTS = ("imported", "updated", "errored")
LISTS = ("invalid", "mistyped", "changed", "unchanged", "unsubscribed", "role_based")


def start(account: Account, call: Call) -> Answer:
    """New people become active; who is there gets the fields and the group; who has left stays away."""
    target, given = group(account, call.args["id"]), call.body.get("subscribers")
    if not isinstance(given, list) or not given:
        raise invalid({"subscribers": ["The subscribers field is required."]})
    known = {item["key"] for item in account.fields.values()}
    now = iso_us(account.clock.now())
    report: Json = {
        "id": str(len(account.imports) + 1),
        "total": len(given),
        "processed": len(given),
        **dict.fromkeys(COUNTS, 0),
        "percent": 100,
        "done": True,
        **{name: [] for name in LISTS},
        "created_at": now,
        "updated_at": now,
    }
    for item in given:
        email = str(item.get("email") or "").strip().lower()
        fields = item.get("fields") or {}
        call.ignored += [f"fields.{key}" for key in fields if key not in known]
        _take(account, target, email, {k: v for k, v in fields.items() if k in known}, report)
    if not account.mode.muted:
        account.imports[report["id"]] = report
    address = f"{call.base}/api/subscribers/import/{report['id']}"
    return Answer(202, {"import_progress_url": address})


def _take(account: Account, target: Row, email: str, fields: Json, report: Json) -> None:
    shown = {"email": email, "fields": fields}
    row = account.find(email) if email and not email.isdecimal() else None
    if not EMAIL.fullmatch(email):
        report["errored"] += 1
        report["invalid"].append(shown)
    elif row is None:
        report["imported"] += 1
        if account.mode.muted:
            return
        made = account.new_subscriber(email, "active", fields, account.clock.tick(), "import")
        account.store(made)
        account.join(int(made["id"]), [int(target["id"])])
    elif row["status"] != "active":
        report["unsubscribed"].append(shown)
    else:
        before = dict(row["fields"])
        row = account.change(row, row["status"], fields, {})
        changed = before != row["fields"]
        report["updated"] += changed
        report["changed" if changed else "unchanged"].append(shown)
        account.join(int(row["id"]), [int(target["id"])])


def report(account: Account, call: Call) -> Answer:
    found = account.imports.get(call.args["id"])
    if found is None:
        raise missing()
    return Answer(200, {"data": found})


# The reference and the official client name the call differently.
IMPORTS: Routes[Account] = {
    ("POST", "/api/groups/{id}/import-subscribers"): start,
    ("POST", "/api/groups/{id}/subscribers/import"): start,
    ("GET", "/api/subscribers/import/{id}"): report,
}
