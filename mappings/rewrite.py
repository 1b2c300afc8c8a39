"""Change one rule in the text of a mapping file, and nothing else: comments, order and layout stay.

The file is not written anew from its data. ruamel.yaml tells where the place begins and ends, the text
between is exchanged, and the result is read again: it must say the same but for that rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node


class CannotRewrite(ValueError):
    """The file is written in a way that is not changed safely; the text says what to write by hand."""


def prefer(apps: Sequence[str]) -> str:
    """The rule that prefers these apps, as it stands in a file."""
    return f"{{prefer: [{', '.join(apps)}]}}"


def with_rule(text: str, field: str, rule: str) -> str:
    """The text with this rule for a field. Raises `CannotRewrite`."""
    yaml = YAML(typ="safe", pure=True)
    entry = _child(_child(yaml.compose(text), "fields"), field)
    by_hand = f"Write it by hand, in the entry of {field}: rule: {rule}"
    if not isinstance(entry, MappingNode) or not entry.value:
        raise CannotRewrite(by_hand)
    changed = _changed(text, entry, rule)
    wanted = yaml.load(text)
    wanted["fields"][field]["rule"] = yaml.load(rule)
    try:
        found = yaml.load(changed)
    except ValueError:
        raise CannotRewrite(by_hand) from None
    if found != wanted:
        raise CannotRewrite(by_hand)
    return changed


def _changed(text: str, entry: MappingNode, rule: str) -> str:
    for key, value in entry.value:
        if key.value == "rule":
            start, end = value.start_mark.index, _end(value)
            if start < key.end_mark.index:
                return text  # an alias: what it stands for is elsewhere, and may be used by others
            return text[:start].rstrip() + " " + rule + text[end:]
    if entry.flow_style:
        end = _end(entry.value[-1][1])
        return f"{text[:end]}, rule: {rule}{text[end:]}"
    line = text.find("\n", _end(entry.value[-1][1]))
    before, after = (text, "") if line < 0 else (text[:line], text[line:])
    indent = " " * entry.value[0][0].start_mark.column
    return f"{before}\n{indent}rule: {rule}{after}"


def _end(node: Node) -> int:
    """Behind the last character of a value. A block ends with its last part: its own mark is at the next key,
    beyond the comments between."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last: Any = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _child(node: Node | None, name: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)
