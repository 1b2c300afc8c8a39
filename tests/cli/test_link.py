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
