"""`syncer mapping suggest`, `try` and `backtest` on the simulated apps."""

from __future__ import annotations

import httpx

from tests.cli.conftest import Desk

HUBSPOT = {"authorization": "Bearer sandbox-hubspot"}
CONTACTS = "mappings/contacts.yaml"


def test_a_proposal_can_be_used_as_it_is_and_names_what_it_left_out(desk: Desk) -> None:
    answer = desk.run("mapping", "suggest", "contact", "hubspot", "mailerlite", "zendesk", "--json")
    assert answer.code == 0
    found = {one["field"]: one for one in answer.json["fields"]}
    assert found["email"]["in"] == {"hubspot": "email", "mailerlite": "email", "zendesk": "email"}
    assert found["first_name"]["in"]["zendesk"] == "name.first"
    assert found["tags"]["in"]["mailerlite"] == "groups"
    assert all(0 < one["confidence"] <= 1 for one in found.values())
    assert ("hubspot", "company") in {(one["app"], one["field"]) for one in answer.json["left_out"]}
    file = desk.folder / "mappings" / "proposed.yaml"
    file.write_text(answer.json["mapping"])
    assert desk.run("mapping", "check", str(file), "--live", "--json").json["ok"]


def test_a_proposal_says_which_object_or_app_it_does_not_know(desk: Desk) -> None:
    assert "Did you mean 'hubspot'?" in desk.run("mapping", "suggest", "contact", "hubspt", "zendesk").err
    unknown = desk.run("mapping", "suggest", "spaceship", "hubspot", "zendesk")
    assert unknown.code == 1
    assert "no object goes by the name spaceship" in unknown.err
    assert desk.run("mapping", "suggest", "company", "hubspot:companies", "zendesk:organizations").code == 0


def test_records_are_tried_before_and_after_and_nothing_is_written(desk: Desk) -> None:
    desk.change("in: {hubspot: jobtitle", "in: {hubspot: {field: jobtitle, direction: from}", CONTACTS)
    answer = desk.run("mapping", "try", str(desk.folder / CONTACTS), "--sample", "3", "--json")
    assert (answer.code, len(answer.json)) == (0, 9)
    (record, *_) = [one for one in answer.json if one["app"] == "hubspot"]
    fields = {one["field"]: one for one in record["fields"]}
    assert fields["email"]["before"].casefold() == fields["email"]["golden"]
    assert set(fields["email"]["after"]) == {"hubspot", "mailerlite", "zendesk"}
    assert "hubspot" not in fields["job_title"]["after"]
    assert not (desk.folder / "syncer.db").exists()


def test_the_past_is_told_under_a_changed_mapping(desk: Desk) -> None:
    desk.run("sync")
    file = desk.folder / "mappings" / "changed.yaml"
    file.write_text((desk.folder / CONTACTS).read_text())
    same = desk.run("mapping", "backtest", str(file), "--json").json
    assert (same["differences"], same["looked_at"]["conflicts"] > 0) == ([], True)
    file.write_text(file.read_text().replace("rule: {prefer: [hubspot]}", "rule: manual"))
    told = desk.run("mapping", "backtest", str(file), "--json").json
    assert set(told["fields"]) == {"job_title"}
    assert told["since"] == told["differences"][0]["time"][:10]
    assert {one["now"] for one in told["differences"]} == {"held for a person"}
    assert sorted({one["who"] for one in told["differences"]}) == told["records"]


def test_what_no_rule_decided_comes_out_as_it_did(desk: Desk) -> None:
    """A merge inside an app, a refused plan, and what a person settled."""
    desk.synced()
    contacts = f"{desk.url}/hubspot/crm/v3/objects/contacts"
    found = httpx.get(f"{contacts}?limit=100", headers=HUBSPOT).json()["results"]
    one, other, third, *_ = [contact["id"] for contact in found]

    def edited(id: str, **values: str) -> None:
        httpx.patch(f"{contacts}/{id}", json={"properties": values}, headers=HUBSPOT).raise_for_status()

    edited(one, city="Jakarta")
    edited(other, city="Berlin")
    desk.synced()
    merged = {"primaryObjectId": one, "objectIdToMerge": other}
    httpx.post(f"{contacts}/merge", json=merged, headers=HUBSPOT).raise_for_status()
    desk.synced()
    sound = desk.config.read_text()
    desk.config.write_text(f"{sound}\nsafety:\n  updates: {{share: 0, count: 0}}\n")
    edited(third, jobtitle="Envoy")
    held = desk.run("sync", "contacts", "--json").json
    desk.run("sync", "contacts", "--reject", held["run"])
    desk.config.write_text(sound)
    assert desk.run("conflicts", "resolve", "--field", "job_title", "--value", "Head").code == 0
    told = [one["rule"] for one in desk.run("conflicts", "list", "--all", "--limit", "0", "--json").json]
    assert {"the record that lives on", "reject", "resolved"} <= set(told)
    same = desk.run("mapping", "backtest", str(desk.folder / CONTACTS), "--json").json
    assert same["differences"] == []


def test_a_mapping_that_was_edited_in_its_place_is_held_against_what_the_apps_hold(desk: Desk) -> None:
    """What it was before is not kept: what syncer last planned under is known by field alone."""
    desk.synced()
    place, file = "mailerlite: fields.city", str(desk.folder / CONTACTS)
    desk.change(place, "mailerlite: {field: fields.city, transform: [{case: upper}]}", CONTACTS)
    (plan,) = desk.run("plan", "contacts", "--json").lines
    told = desk.run("mapping", "backtest", file, "--json").json
    assert told["fields"] == {"city": {"shown": len(plan["items"])}}
    desk.change("  city:\n", "  town:\n", CONTACTS)
    told = desk.run("mapping", "backtest", file, "--json").json
    assert (told["new_fields"], told["gone_fields"]) == (["town"], ["city"])
