"""Zendesk's refusals in words. A single call names fields; a job names them in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.answer import Answer, is_missing
from connectors.contract import Result, Write
from connectors.zendesk.fields import ObjectFacts

NOT_THERE: Final = "RecordNotFound"  # the app's own word for a 404

_TAKEN: Final = re.compile(r"already (?:been taken|being used)|DuplicateValue", re.IGNORECASE)
_GONE: Final = re.compile(r"(?:Record)?Not ?Found", re.IGNORECASE)
_BUSY: Final = re.compile(r"TooManyRequests|Conflict|DatabaseConflict", re.IGNORECASE)
_LEADING: Final = re.compile(r"\s*([A-Z][\w ]*?):")

Redact = Callable[[object], str]


def absent(answer: Answer) -> bool:
    """As `connectors.answer.is_missing`."""
    return is_missing(answer, "Zendesk", answer.detail.get("error") == NOT_THERE)


def from_answer(write: Write, answer: Answer, facts: ObjectFacts, redact: Redact) -> Result:
    """The result for one write that was refused on its own."""
    if answer.status == 404:
        return _gone(write)
    if answer.status == 409:
        return Result(write.ref, "retry", write.id, reason="Zendesk was busy with this record")
    details = answer.detail.get("details")
    named: dict[str, str] = {}
    for key, problems in details.items() if isinstance(details, dict) else ():
        name = _field(write, str(key), facts)
        if name:
            named[name] = redact(_joined(problems))
    reason = said(answer)
    return _refused(write, redact(reason), named, bool(_TAKEN.search(reason)))


def from_job(write: Write, outcome: Mapping[str, Any], facts: ObjectFacts, redact: Redact) -> Result:
    """The result for one write of a job that carries an error."""
    text = str(outcome.get("details") or outcome.get("error") or "refused")
    code = str(outcome.get("error") or "")
    if (_GONE.search(code) or _GONE.fullmatch(text)) and write.kind != "create":
        return _gone(write)
    if _BUSY.search(code):
        return Result(write.ref, "retry", write.id, reason=redact(text))
    leading = _LEADING.match(text)
    name = _field(write, leading.group(1), facts) if leading else None
    return _refused(write, redact(text), {name: redact(text)} if name else {}, bool(_TAKEN.search(text)))


def said(answer: Answer) -> str:
    """All that a refusal says of its reasons, in one line."""
    details = answer.detail.get("details")
    texts = [_joined(problems) for problems in details.values()] if isinstance(details, dict) else []
    return "; ".join(texts) or str(answer.detail.get("description") or f"status {answer.status}")


def _refused(write: Write, reason: str, fields: Mapping[str, str], taken: bool) -> Result:
    if taken and write.kind == "create":
        return Result(write.ref, "existed", reason=reason)
    return Result(write.ref, "rejected", write.id, reason=reason, fields=fields)


def _gone(write: Write) -> Result:
    return Result(write.ref, "stale", write.id, reason="Zendesk no longer has a record with this id")


def _field(write: Write, said: str, facts: ObjectFacts) -> str | None:
    """The written field that Zendesk means by a key or a label; of a record that it points to, without id."""
    key = said.strip().lower().replace(" ", "_")
    return next((name for name in (key, facts.prefix + key, f"{key}_id") if name in write.values), None)


def _joined(problems: Any) -> str:
    texts = []
    for item in problems if isinstance(problems, list) else [problems]:
        said = [item.get("description"), item.get("error")] if isinstance(item, dict) else [item]
        texts.append(" ".join(str(text) for text in said if text))
    return "; ".join(texts)
