"""What Mailchimp takes, refuses and ignores in the body of a member."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from connectors.mailchimp.sandbox.answers import Mistake, invalid, mismatch, none_of, problem
from connectors.mailchimp.sandbox.audience import STATUSES, Audience, hashed
from connectors.sandbox.wire import Call, Json, Refused

EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>().\"]{2,}")
FAKE = ("example.com", "example.net", "example.org")
KNOWN = {"email_address", "status", "status_if_new", "merge_fields", "language", "vip", "email_type", "tags"}
ADDRESS = ("addr1", "city", "state", "zip")  # an address needs all of them
US_PHONE = re.compile(r"\(\d{3}\) \d{3}-\d{4}")


def checked(body: Json, call: Call, at: str = "") -> Json:
    """The body, if its shape is as documented; what has no effect is noted. `at` begins field names."""
    wrong: list[Mistake] = []
    for key, kind in (("email_address", str), ("merge_fields", dict), ("tags", list), ("vip", bool)):
        if key in body and not isinstance(body[key], kind):
            wrong.append((f"{at}{key}", f"Schema describes {kind.__name__}, found something else instead."))
    for key in ("status", "status_if_new"):
        if key in body and body[key] not in STATUSES:
            wrong.append((f"{at}{key}", none_of(STATUSES)))
    if body.get("email_type", "html") not in ("html", "text", ""):
        wrong.append((f"{at}email_type", none_of(("html", "text"))))
    if wrong:
        raise mismatch(*wrong)
    call.ignored += sorted(set(body) - KNOWN)
    return body


def address(audience: Audience, given: Any) -> str:
    """A new address that may be used; raises `Refused` for one that may not."""
    email = str(given or "").strip()
    if not EMAIL.fullmatch(email):
        raise invalid("Please provide a valid email address.")
    if email.rpartition("@")[2].lower() in audience.mode.settings.get("fake_domains", FAKE):
        raise invalid(f"{email} looks fake or invalid, please enter a real email address.")
    if hashed(email) in audience.forgotten:
        detail = (
            f"{email} was permanently deleted and cannot be re-imported. "
            "The contact must re-subscribe to get back on the list."
        )
        raise Refused(problem(400, "Forgotten Email Not Subscribed", detail))
    return email


def skips(call: Call, check: str) -> bool:
    return bool(call.query.get(check) == "true")


def merged(audience: Audience, given: Json, call: Call, known: Json, complete: bool) -> Json:
    """The merge fields that are to be kept, "" where they are cleared. `complete`: required ones must be
    there. Raises `Refused` that names all mistakes."""
    values: Json = {}
    wrong: list[Mistake] = []
    for tag, value in given.items():
        field = audience.field(tag)
        if field is None or value is None:
            call.ignored.append(f"merge_fields.{tag}")
            continue
        try:
            values[tag] = "" if value == "" else READ[field["type"]](field, value)
        except ValueError as error:
            wrong.append((tag, str(error)))
    if complete and not skips(call, "skip_merge_validation"):
        for field in audience.fields.values():
            if field["required"] and values.get(field["tag"], known.get(field["tag"], "")) == "":
                wrong.append((field["tag"], "This value should not be blank."))
    if wrong:
        raise invalid("Your merge fields were invalid.", wrong)
    return values


# -- one value ------------------------------------------------------------------------------------------


def _text(field: Json, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("This value should be of type string.")
    return str(value)


def _number(field: Json, value: Any) -> int | float:
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("Please enter a number")
    return int(number) if number.is_integer() else number


def _date(field: Json, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise ValueError("Please enter the date") from None


def _birthday(field: Json, value: Any) -> str:
    if not re.fullmatch(r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])", str(value)):
        raise ValueError("Please enter a month (01-12) and a day (01-31)")
    return str(value)


def _phone(field: Json, value: Any) -> str:
    if field["options"].get("phone_format") == "US" and not US_PHONE.fullmatch(str(value)):
        raise ValueError("Please enter a valid phone number")
    return _text(field, value)


def _choice(field: Json, value: Any) -> str:
    if value not in field["options"].get("choices", ()):
        raise ValueError("This value is not one of the choices")
    return str(value)


def _address(field: Json, value: Any) -> Json:
    if not isinstance(value, dict) or not all(value.get(part) for part in ADDRESS):
        raise ValueError("Please enter a complete address")
    return {"addr2": "", "country": "US", **value}


READ: dict[str, Callable[[Json, Any], Any]] = {
    **dict.fromkeys(("text", "url", "imageurl", "zip"), _text),
    **dict.fromkeys(("radio", "dropdown"), _choice),
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "phone": _phone,
    "address": _address,
}
