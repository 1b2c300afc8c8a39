"""What `link` and `unlink` tell of what they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syncer.cli.called import in_items, in_lines
from syncer.cli.output import and_more, table, tell
from syncer.cli.reporting import value

if TYPE_CHECKING:
    from syncer.model import Item
    from syncer.running.runner import Runner
    from syncer.usecases.linking import Tied


def tied_object(action: str, sync: str, tied: Tied, left: Mapping[str, str] | None) -> dict[str, Any]:
    """The documented keys of `link --json` and `unlink --json`. `left`: lines that cannot be done, where
    there were many."""
    report = tied.report
    lines = {} if left is None else {"left_out": [{"line": k, "because": why} for k, why in left.items()]}
    return {
        "sync": sync,
        "action": action,
        "run": tied.run or None,
        "status": report.status if report else "planned",
        "written": report.written if report else 0,
        "goldens": [_who(tied, golden) for golden in tied.goldens],
        "golden": [
            {"who": _who(tied, x.who), "field": x.field, "before": x.now, "after": x.back}
            for x in tied.lines
            if x.act == "golden"
        ],
        "writes": [
            {
                "app": item.app,
                "record": item.record,
                "who": _who(tied, item.golden),
                "kind": item.kind,
                "changes": [{"field": f, "before": b, "after": a} for f, b, a in _changes(item)],
            }
            for item in tied.items
        ],
        "left": [
            {"app": x.app, "record": x.record, "who": _who(tied, x.who), "field": x.field, "because": x.why}
            for x in tied.lines
            if x.act in ("left", "parted")
        ],
        **lines,
    }


def show_tied(runner: Runner, sync: str, tied: Tied, left: Mapping[str, str], limit: int) -> None:
    """What would change, the first lines of it, and what cannot be done."""
    lines = in_lines(runner.config, runner.db, sync, tied.lines)
    rows = [("golden value", _who(tied, x.who) or "(new)", x.field or "", value(x.now), value(x.back), "")
            for x in lines if x.act == "golden"]  # fmt: skip
    for item in in_items(runner.config, runner.db, sync, tied.items):
        place = f"{item.app}:{item.record or '(new)'}"
        if not item.slots:
            rows.append((item.kind, place, "", "", "", ""))
        rows += [(item.kind, place, f, value(b), value(a), "") for f, b, a in _changes(item)]
    rows += [("leave", f"{x.app}:{x.record}", x.field or "", value(x.now), "", x.why) for x in lines
             if x.act in ("left", "parted")]  # fmt: skip
    if len(rows) > limit > 0:
        counts = Counter(row[0] for row in rows)
        tell(", ".join(f"{number} to {what}" for what, number in counts.items()) + ".")
    if rows:
        table(("what", "record", "field", "now", "then", "why"), rows[:limit] if limit else rows)
    else:
        tell("No value changes anywhere.")
    if len(rows) > limit > 0:
        tell(and_more(f"{len(rows) - limit} lines", sum(row[0] == "leave" for row in rows[limit:])))
    if left:
        tell(f"\n{len(left)} lines are left out:")
    for line, why in list(left.items())[: limit or None]:
        tell(f"  {line}: {why}")


def _who(tied: Tied, golden: str) -> str | None:
    """A golden id; None where it is only to be made."""
    return None if tied.report is None and golden in tied.new else golden


def _changes(item: Item) -> list[tuple[str, Any, Any]]:
    from syncer.model import Mark

    return [(f, None if isinstance(b, Mark) else b, a) for f, (b, a) in item.slots.items()]
