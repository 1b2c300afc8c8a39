"""`syncer link` and `syncer unlink` on the sandbox, with edits in between."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Desk

KEYS = "sync action run status written goldens golden writes left".split()


def records(desk: Desk, who: str) -> dict[str, str]:
    """App -> record of one golden record."""
    (told,) = desk.run("explain", who, "--json").json
    return {r["app"]: r["record"] for r in told["records"]}


def somebody(desk: Desk) -> tuple[str, dict[str, str]]:
    """A person who is in all three apps."""
    for run in desk.run("runs", "contacts", "--json").json:
        for write in desk.run("show", run["run"], "--json").json["writes"]:
            found = records(desk, write["who"])
            if len(found) == 3 and write["kind"] == "update":
                return write["who"], found
    raise AssertionError("nobody is everywhere")


@pytest.mark.slow
def test_apart_and_together_again(desk: Desk) -> None:
    desk.synced()
    who, there = somebody(desk)
    record = f"zendesk:{there['zendesk']}"
    shown = desk.run("unlink", record, "--json")
    assert (shown.code, list(shown.json)) == (0, KEYS)
    assert shown.json["status"] == "planned"
    assert "Nothing was done" in desk.run("unlink", record, "--plan").out
    assert records(desk, who) == there
    done = desk.run("unlink", record, "--yes", "--json")
    assert (done.code, done.json["status"], done.json["goldens"][0]) == (0, "done", who)
    apart: Any = done.json["goldens"][1]
    assert records(desk, apart) == {"zendesk": there["zendesk"]}
    assert desk.run("undo", done.json["run"]).code == 2
    desk.synced()
    assert records(desk, who)["hubspot"] == there["hubspot"]
    assert apart in {r["who"] for r in desk.run("explain", record, "--json").json}
    again = desk.run("link", record, who, "--yes", "--json")
    assert (again.code, again.json["goldens"]) == (0, [who])
    desk.synced()
    assert there["zendesk"] in {r["record"] for r in desk.run("explain", apart, "--json").json[0]["records"]}
    assert desk.run("link", record, who).code == 0
    assert desk.run("unlink", who).code == 2
    assert desk.run("link", record, "nobody@nowhere.test").code == 1


def test_records_are_named_by_app_and_id_though_an_earlier_sync_has_the_app_too(desk: Desk) -> None:
    desk.synced()
    people = {who: ids for who, ids in everybody(desk, 5).items() if "hubspot" in ids}
    (one, there), (other, elsewhere) = list(people.items())[:2]
    mine, theirs, new = f"hubspot:{there['hubspot']}", f"hubspot:{elsewhere['hubspot']}", "hubspot:999999999"
    shown = desk.run("link", mine, theirs, "--plan", "--json")
    assert (shown.code, shown.json["sync"], shown.json["goldens"]) == (0, "contacts", [min(one, other)])
    same = desk.run("link", mine, f"zendesk:{there['zendesk']}")
    assert (same.code, "are one already" in same.err) == (0, True)
    absent = desk.run("link", mine, new, "--plan")
    assert (absent.code, "it is outside the filter" in absent.err) == (2, True)
    lines = desk.folder / "lines.txt"
    lines.write_text(f"{mine} {theirs}\n{mine} {new}\n{new} zendesk:0\n")
    many = desk.run("link", f"@{lines}", "--plan", "--json")
    assert (many.code, many.json["goldens"]) == (4, [min(one, other)])
    left = {line["line"]: line["because"] for line in many.json["left_out"]}
    assert left[f"{new} zendesk:0"] == f"Nobody is known under '{new}' and 'zendesk:0'."
    assert new in left[f"{one} {new}"]
    unlinked = desk.run("unlink", "zendesk:0", "--plan")
    assert (unlinked.code, unlinked.err.strip()) == (1, "Nobody is known under 'zendesk:0'.")
    parted = desk.run("unlink", mine, "--plan", "--json").json
    assert parted["goldens"] == [one, None], "which id the other one gets is not known before"
    assert {write["who"] for write in parted["writes"]} <= {one, None}
    assert [told["who"] for told in desk.run("explain", mine, "--json").json] == [one]


@pytest.mark.slow
def test_many_at_once_are_one_preview_one_run_and_bounded(desk: Desk) -> None:
    desk.synced()
    there = everybody(desk)
    names, pairs = desk.folder / "names.txt", desk.folder / "pairs.txt"
    lines = [f"zendesk:{ids['zendesk']}" for ids in there.values()]
    names.write_text("# who was taken for somebody else\n\n" + "\n".join([*lines, "nobody@nowhere.test"]))
    shown = desk.run("unlink", f"@{names}", "--limit", "3")
    assert shown.code == 4
    assert "Nothing was done" in shown.out
    assert "1 lines are left out" in shown.out
    desk.change("first_sync: go", "first_sync: go\nsafety:\n  links: {share: 0.0, count: 3}\n")
    held = desk.run("unlink", f"@{names}", "--yes")
    assert held.code == 3
    assert "zendesk" in held.err
    desk.change("count: 3", "count: 300")
    done = desk.run("unlink", f"@{names}", "--yes", "--json")
    assert (done.code, len(done.json["goldens"])) == (4, 2 * len(lines))
    assert done.json["status"] in ("done", "partial")  # the helpdesk clears no address
    assert done.json["left_out"][0]["line"] == "nobody@nowhere.test"
    apart = dict(zip(done.json["goldens"][::2], done.json["goldens"][1::2], strict=True))
    assert set(apart) == set(there)
    pairs.write_text("\n".join(f"{who}, {other}" for who, other in apart.items()))
    back = desk.run("link", f"@{pairs}", "--yes", "--json")
    assert (back.code in (0, 4), sorted(back.json["goldens"])) == (True, sorted(there))
    assert {who: records(desk, who) for who in there} == there
    desk.synced()
    assert desk.run("verify", "contacts", "--json").json["drift"] == []


def everybody(desk: Desk, most: int | None = None) -> dict[str, dict[str, str]]:
    """All people (or some) who are in the helpdesk and elsewhere: golden id -> app -> record."""
    written = [
        write["who"]
        for run in desk.run("runs", "contacts", "--json").json
        for write in desk.run("show", run["run"], "--json").json["writes"]
    ]
    found = {who: records(desk, who) for who in list(dict.fromkeys(written))[:most]}
    return {who: ids for who, ids in found.items() if "zendesk" in ids and len(ids) > 1}
