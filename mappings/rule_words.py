"""Rules as a mapping file names them: a word, or a small group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.checking import mistake
from mappings.model import RuleSpec
from mappings.spelling import RULES_ELSEWHERE, nearest

WORDS = ("newest", "newest_by_field", "first", "longest", "highest", "lowest", "union", "manual")
GROUPS: Mapping[str, str] = {
    "prefer": "[hubspot, zendesk]",
    "only": "hubspot",
    "source": """[{when: "country == 'DE'", app: zendesk}, {app: hubspot}]""",
    "own": "name_of_the_rule",
}
RULES = (*WORDS, *GROUPS)
COMPARED = ("highest", "lowest")  # by what they are compared, sets, references and yes/no have none

_TEXT = {"type": "string"}
SCHEMA = {
    "anyOf": [
        {"enum": list(WORDS)},
        {
            "type": "object",
            "properties": {
                "prefer": {"type": "array", "items": _TEXT, "minItems": 1},
                "only": _TEXT,
                "source": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"when": _TEXT, "app": _TEXT},
                        "required": ["app"],
                        "additionalProperties": False,
                    },
                },
                "own": _TEXT,
            },
            "propertyNames": {"enum": list(RULES)},
            "minProperties": 1,
            "maxProperties": 1,
        },
    ],
}


def parse(value: Any) -> RuleSpec:
    """``newest``, ``{prefer: [app, app]}``, ``{only: app}``, ``{source: [{when: ..., app: ...}]}`` or
    ``{own: name}``."""
    if isinstance(value, str):
        return _word(value)
    if not isinstance(value, dict) or len(value) != 1:
        raise mistake("this is not one rule", "Write a word such as newest, or {prefer: [hubspot, zendesk]}.")
    kind, said = next(iter(value.items()))
    if kind not in RULES:
        cure = nearest(kind, RULES, elsewhere=RULES_ELSEWHERE)
        raise mistake(f"'{kind}' is not a rule", cure, inside=(kind,), key=True)
    if kind in WORDS:
        what = f"the rule '{kind}' takes no apps"
        raise mistake(what, f"Write only the word: {kind}", inside=(kind,), key=True)
    found = _group(kind, said)
    if found is None:
        raise mistake(_WANTED[kind], f"Write {{{kind}: {GROUPS[kind]}}}.", inside=(kind,))
    return found


_WANTED = {
    "prefer": "this must be a list of apps",
    "only": "this must be one app",
    "source": "this must be a list of apps, each with the condition under which it counts",
    "own": "this must be the name of a rule",
}


def _word(value: str) -> RuleSpec:
    if value in GROUPS:
        raise mistake(f"'{value}' needs to know {_MORE[value]}", f"Write {{{value}: {GROUPS[value]}}}.")
    if value not in WORDS:
        cure = nearest(value, RULES, "Rules: {}.", elsewhere=RULES_ELSEWHERE)
        raise mistake(f"'{value}' is not a rule", cure)
    return RuleSpec(value)


_MORE = {"prefer": "which apps", "only": "which apps", "source": "which apps, and when", "own": "its name"}


def _group(kind: str, said: Any) -> RuleSpec | None:
    if kind == "prefer" and isinstance(said, list) and said and all(isinstance(app, str) for app in said):
        return RuleSpec("prefer", tuple(said))
    if kind == "only" and isinstance(said, str) and said:
        return RuleSpec("only", (said,))
    if kind == "own" and isinstance(said, str) and said:
        return RuleSpec("own", own=said)
    if kind == "source" and isinstance(said, list) and said and all(map(_is_case, said)):
        apps = tuple(case["app"] for case in said)
        return RuleSpec("source", apps, tuple(case.get("when", "") for case in said))
    return None


def _is_case(case: Any) -> bool:
    return (
        isinstance(case, dict)
        and case.keys() <= {"when", "app"}
        and isinstance(case.get("app"), str)
        and isinstance(case.get("when", ""), str)
    )
