"""The worked example of the two shadows in docs/architecture.md is what the core does."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from connectors.contract import Record, Result
from syncer.core.settle import Sent, settle
from syncer.model import DISAGREES, Decision, Golden, Link, Observation
from tests.core.worlds import agreeing, at, golden, mapping, run, seen

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
FIELD = "\n  title: {type: text, in: {crm: title, mail: title}, rule: {prefer: [crm]}}\n"
OF = mapping(FIELD, apps="crm mail")


def table() -> list[tuple[str, str, str]]:
    """(golden, seen, agreed) of each row of the example."""
    lines = GUIDE.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| what happens |")) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        found.append((cells[1], cells[2], cells[3]))
    return found


def row(record: Golden, mail: Link) -> tuple[str, str, str]:
    agreed = mail.agreed["title"]
    return (
        str(record.value["title"]),
        str(mail.seen["title"]),
        "disagrees" if agreed is DISAGREES else str(agreed),
    )


class Story:
    """One golden record in two apps; `mail` lower-cases titles and says so."""

    def __init__(self) -> None:
        self.golden = golden(title="Head of Sales")
        self.links = agreeing(OF, self.golden)

    @property
    def row(self) -> tuple[str, str, str]:
        return row(self.golden, self.mail)

    @property
    def mail(self) -> Link:
        return next(link for link in self.links if link.app == "mail")

    def decides(self, *shown: Observation) -> Decision:
        decision = run(OF, self.golden, self.links, *shown)
        self.golden, self.links = decision.unit.golden, decision.unit.links
        return decision

    def writes(self, decision: Decision, minute: float, answer: Result | None = None) -> None:
        """What is due in mail is sent; without an answer nobody knows what became of it."""
        (item,) = (item for item in decision.items if item.app == "mail")
        ((_, (_, value)),) = item.slots.items()
        told = answer or Result("", "applied", "mail-1", Record("mail-1", {"title": value}, stamp=at(minute)))
        sent = Sent(item, at(minute), at(minute), OF)
        settled = settle(sent, told, self.golden, self.mail)
        assert settled.link is not None
        self.links = [settled.link if link.app == "mail" else link for link in self.links]


def test_the_example_of_the_two_shadows_is_true() -> None:
    story = Story()
    rows = [story.row]
    assert not story.decides(seen("mail", 1, title="head of sales")).items

    decision = story.decides(seen("crm", 2, title="VP Sales"))
    rows.append(story.row)
    story.writes(decision, 3)
    rows.append(story.row)

    decision = story.decides(seen("crm", 5, title="CSO"), seen("mail", 6, title="boss"))
    rows.append(story.row)
    assert [entry.kind for entry in decision.log] == ["conflict"]
    story.writes(decision, 7, Result("", "unknown"))
    rows.append(story.row)

    for shown, kinds in (("cso", []), ("boss", ["aba"]), ("chief", ["conflict"])):
        branch = deepcopy(story)
        decision = branch.decides(seen("mail", 8, title=shown))
        rows.append(branch.row)
        assert [entry.kind for entry in decision.log] == kinds
        assert bool(decision.items) is (shown != "cso")
    assert rows == table()
