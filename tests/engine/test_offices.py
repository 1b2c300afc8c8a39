"""The company that a person's record names is evidence: followed to its name, or read as a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.matching.keys import restored
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


def test_another_company_is_read_again(tmp_path: Path) -> None:
    town = town_with_mara(tmp_path)
    (id,) = town.apps["desk", "contacts"].records
    other = next(i for i, c in town.apps["desk", "companies"].records.items() if c["name"] == "Borneo")
    town.apps["desk", "contacts"].user_edit(id, {"company": other})
    settled(town)
    assert office(town, "desk", id) == "borneo"
