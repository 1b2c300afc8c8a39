"""The company that a person's record names is evidence: followed to its name, or read as a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.matching.keys import restored
from syncer.model import Observation
from syncer.reading.intake import observation_keys
from syncer.reading.offices import office_slot
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from tests.engine.town import CONTACTS, Town, settled

TWO_NAMES = CONTACTS.replace("names: [name]", "names: [first, last]").replace(
    "  name: {type: text, in: {crm: name, desk: name, mail: name}}\n",
    "  first: {type: text, in: {crm: name, desk: name, mail: name}}\n"
    "  last: {type: text, in: {crm: surname, desk: surname, mail: surname}}\n",
)
MARA = {"name": "Mara", "surname": "Lind"}


def town_with_mara(path: Path) -> Town:
    town = Town(path, TWO_NAMES)
    acme = town.apps["crm", "companies"].user_create({"name": "Acme Ltd.", "domain": "acme.test"})
    town.apps["crm", "companies"].user_create({"name": "Borneo", "domain": "borneo.test"})
    town.apps["crm", "contacts"].user_create({**MARA, "email": "mara@acme.test", "company": acme})
    return settled(town)


def office(town: Town, app: str, id: str) -> str:
    """The company of a record as the index knows it."""
    with town.db.reading():
        ((_, rows),) = Records(town.db, "contacts").keys.by_record([(app, id)]).items()
    return restored(app, id, None, rows, ["email"]).org


def people(town: Town, app: str) -> int:
    return len(town.apps[app, "contacts"].records)


def test_a_reference_and_a_text_are_the_same_company(tmp_path: Path) -> None:
    town = town_with_mara(tmp_path)
    (crm,) = town.apps["crm", "contacts"].records
    mail = town.apps["mail", "contacts"].user_create(
        {"name": "Otto", "email": "o@post.test", "company": "ACME"}
    )
    town.run()
    assert {office(town, "crm", crm), office(town, "mail", mail)} == {"acme"}


@pytest.mark.parametrize(("company", "created"), [("ACME", 0), ("Borneo", 1), (None, 1)])
def test_somebody_of_that_name_in_the_same_company_is_no_new_person(
    company: str | None, created: int, tmp_path: Path
) -> None:
    """Linked, or asked about; without a company in common a name alone is no ground for either."""
    town = town_with_mara(tmp_path)
    town.apps["mail", "contacts"].records.clear()  # as if mail had never had her
    before = people(town, "crm")
    town.apps["mail", "contacts"].user_create({**MARA, "email": "m.lind@post.test", "company": company})
    town.run()
    assert people(town, "crm") - before == created


def test_an_open_question_stays_open_when_only_the_company_changes(tmp_path: Path) -> None:
    town = town_with_mara(tmp_path)
    other = {"name": "Otto", "surname": "Wagner", "email": "o@post.test", "company": "Acme"}
    id = town.apps["mail", "contacts"].user_create(other)
    shown = Observation("mail", id, dict(town.apps["mail", "contacts"].records[id]), town.clock())
    keys = observation_keys(town.sync("contacts", TWO_NAMES, targets={"company": "companies"}), shown, "Acme")
    with town.db.transaction():
        Records(town.db, "contacts").keys.save([], keys.stored())
        Ledger(town.db, "contacts").save_reviews("run-000", [("mail", id, "crm", "1", 0.5, "not sure")])
    town.apps["mail", "contacts"].user_edit(id, {"company": None})
    town.run()
    assert office(town, "mail", id) == ""
    with town.db.reading():
        assert Ledger(town.db, "contacts").reviewed() == {("mail", id)}


def test_a_new_surname_leaves_the_company(tmp_path: Path) -> None:
    town = town_with_mara(tmp_path)
    (id,) = town.apps["crm", "contacts"].records
    town.apps["crm", "contacts"].user_edit(id, {"surname": "Berg"})
    settled(town)
    assert office(town, "crm", id) == "acme"


def test_an_owner_is_no_company(tmp_path: Path) -> None:
    owned = TWO_NAMES.replace(
        "  company:\n", "  owner: {type: reference, to: user, in: {crm: owner, desk: owner}}\n  company:\n"
    )
    contacts = Town(tmp_path).sync("contacts", owned, targets={"user": "users", "company": "companies"})
    found = {app: office_slot(contacts, app) for app in ("crm", "desk", "mail")}
    assert {app: slot.name for app, slot in found.items() if slot} == dict.fromkeys(found, "company")


def test_another_company_is_read_again(tmp_path: Path) -> None:
    town = town_with_mara(tmp_path)
    (id,) = town.apps["desk", "contacts"].records
    other = next(i for i, c in town.apps["desk", "companies"].records.items() if c["name"] == "Borneo")
    town.apps["desk", "contacts"].user_edit(id, {"company": other})
    settled(town)
    assert office(town, "desk", id) == "borneo"
