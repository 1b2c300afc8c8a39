"""References: companies before contacts, and a company's name where an app has only a text for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from connectors.contract import Fetched, Unavailable
from connectors.memory import MemoryConnector
from syncer.core.resolve import Answer
from syncer.options import Options
from syncer.store.conflicts import HELD, Conflicts, Sought
from syncer.store.erasure import Erasure
from syncer.store.ledger import Ledger
from tests.engine.crash import Crash
from tests.engine.test_found_by_simulation import once
from tests.engine.town import COMPANIES, CONTACTS, Town, settled


def acme(path: Path) -> Town:
    town = Town(path)
    id = town.apps["crm", "companies"].user_create({"name": "Acme", "domain": "acme.test"})
    town.apps["crm", "contacts"].user_create({"email": "mara@acme.test", "name": "Mara Lind", "company": id})
    return settled(town)


def of_mara(town: Town) -> list[object]:
    """Mara's company as each app shows it."""
    return [town.company_of(app, "mara@acme.test") for app in ("crm", "desk", "mail")]


def archive(town: Town, app: str) -> tuple[str, str]:
    """Acme is archived in an app, which takes it away from Mara there. The ids of both."""
    companies, people = town.apps[app, "companies"], town.apps[app, "contacts"]
    (company,), (person,) = companies.records, people.records
    companies.user_archive(company)
    people.user_clear(person, "company")
    return company, person


def read_all(town: Town) -> None:
    """What the list of changes does not tell, a whole reading of the companies does."""
    with town.db.transaction():
        Ledger(town.db, "companies").save_reader("desk", cursor=None)


def test_a_reference_arrives_as_the_other_apps_own_record_and_as_a_name(tmp_path: Path) -> None:
    town = acme(tmp_path)
    assert of_mara(town) == ["Acme"] * 3
    assert len(town.apps["desk", "companies"].records) == 1


def test_a_new_name_of_the_company_reaches_the_text(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (id,) = town.apps["desk", "companies"].records
    town.apps["desk", "companies"].user_edit(id, {"name": "Acme Group"})
    settled(town)
    assert town.company_of("mail", "mara@acme.test") == "Acme Group"


def test_an_edit_of_the_text_is_written_back_and_makes_no_company(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (id,) = town.apps["mail", "contacts"].records
    town.apps["mail", "contacts"].user_edit(id, {"company": "Somewhere else"})
    settled(town)
    assert town.company_of("mail", "mara@acme.test") == "Acme"
    assert len(town.apps["crm", "companies"].records) == 1


def test_a_changed_reference_travels_and_a_cleared_one_too(tmp_path: Path) -> None:
    town = acme(tmp_path)
    other = town.apps["desk", "companies"].user_create({"name": "Borneo", "domain": "borneo.test"})
    (person,) = town.apps["desk", "contacts"].records
    town.apps["desk", "contacts"].user_edit(person, {"company": other})
    settled(town)
    assert of_mara(town) == ["Borneo"] * 3
    town.apps["desk", "contacts"].user_clear(person, "company")
    settled(town)
    assert of_mara(town) == [None] * 3


def test_a_company_that_is_deleted_takes_nobody_else_s_with_it(tmp_path: Path) -> None:
    """The app takes the reference away with its target; where that is still there, it stays."""
    town = acme(tmp_path)
    _, person = archive(town, "crm")
    settled(town)
    assert of_mara(town) == [None, "Acme", "Acme"]
    town.apps["crm", "contacts"].user_edit(person, {"name": "Mara Berg"})
    settled(town)
    people = [(p["name"], p["company"] is None) for p in town.apps["desk", "contacts"].records.values()]
    assert people == [("Mara Berg", False)]


@pytest.mark.parametrize("clears", [False, True], ids=["the app leaves it", "the app detaches its people"])
def test_a_company_that_was_forgotten_takes_nobody_else_s_with_it(tmp_path: Path, clears: bool) -> None:
    """Not even long after, when somebody edits another field of one of its people."""
    town = acme(tmp_path)
    (company,), (person,) = town.apps["crm", "companies"].records, town.apps["crm", "contacts"].records
    if clears:
        archive(town, "crm")
    with town.db.transaction():
        erasure = Erasure(town.db, "companies")
        erasure.wipe(erasure.scope([("crm", company)]))
    settled(town)
    town.apps["crm", "contacts"].user_edit(person, {"name": "Mara Berg"})
    settled(town)
    assert [p["name"] for p in town.apps["mail", "contacts"].records.values()] == ["Mara Berg"]
    assert of_mara(town) == [None if clears else "Acme", "Acme", "Acme"]


@pytest.mark.parametrize("shows", ["the answer", "what is read before it"])
def test_a_write_to_somebody_whose_company_was_deleted_detaches_nobody(tmp_path: Path, shows: str) -> None:
    """What a write shows beside itself is believed no sooner than what is read."""
    town = acme(tmp_path)
    people = town.apps["desk", "contacts"]
    if shows != "the answer":
        people.traits = replace(people.traits, answers=False, lag=90.0)
    (company,), (person,) = town.apps["desk", "companies"].records, people.records
    town.apps["desk", "companies"].user_delete(company)
    people.user_clear(person, "company")
    for name in ("Mara Berg", "Mara Frost"):
        (mara,) = town.apps["crm", "contacts"].records
        town.apps["crm", "contacts"].user_edit(mara, {"name": name})
        settled(town)
        assert [town.company_of(app, "mara@acme.test") for app in ("crm", "mail")] == ["Acme"] * 2
    assert people.records[person]["name"] == "Mara Frost"


def test_a_company_that_is_entered_anew_has_its_people_again(tmp_path: Path) -> None:
    town = acme(tmp_path)
    companies, people = town.apps["desk", "companies"], town.apps["desk", "contacts"]
    (company,), (person,) = companies.records, people.records
    companies.user_delete(company)
    people.user_clear(person, "company")
    read_all(town)
    settled(town)
    companies.user_create({"name": "Acme", "domain": "acme.test"})
    settled(town)
    assert of_mara(town) == ["Acme"] * 3


def test_who_came_while_a_company_was_archived_is_given_it_when_it_is_back(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (company,) = town.apps["desk", "companies"].records
    town.apps["desk", "companies"].user_archive(company)
    read_all(town)
    (id,) = town.apps["crm", "companies"].records
    town.apps["crm", "contacts"].user_create({"email": "bo@acme.test", "name": "Bo Frost", "company": id})
    settled(town)
    town.apps["desk", "companies"].user_restore(company)
    settled(town)
    assert [town.company_of("desk", f"{who}@acme.test") for who in ("mara", "bo")] == ["Acme"] * 2


@pytest.mark.parametrize("known", [False, True], ids=["and nobody saw it go", "and was known to be gone"])
def test_who_lost_a_company_with_its_record_has_it_again_when_that_is_back(
    tmp_path: Path, known: bool
) -> None:
    town = acme(tmp_path)
    people = town.apps["desk", "contacts"]
    company, person = archive(town, "desk")
    if known:
        read_all(town)
    settled(town)
    town.apps["desk", "companies"].user_restore(company)
    people.user_edit(person, {"name": "Mara Berg"})
    settled(town)
    assert of_mara(town) == ["Acme"] * 3
    people.user_clear(person, "company")
    settled(town)
    assert of_mara(town) == [None] * 3


@pytest.mark.parametrize("known", [False, True], ids=["and nobody saw it go", "and was known to be gone"])
def test_who_lost_a_company_with_its_record_has_it_again_though_nobody_edits_them(
    tmp_path: Path, known: bool
) -> None:
    town = acme(tmp_path)
    company, _ = archive(town, "desk")
    if known:
        read_all(town)
    settled(town)
    assert of_mara(town) == ["Acme", None, "Acme"]
    town.apps["desk", "companies"].user_restore(company)
    settled(town)
    assert of_mara(town) == ["Acme"] * 3


@pytest.mark.parametrize("name", ["Acme", "Acme Two"], ids=["as it was", "edited"])
def test_a_company_that_came_back_while_its_people_were_read_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The sync of the companies has seen it since: what was asked for before that is no news to it."""
    town = acme(tmp_path)
    company, _ = archive(town, "desk")
    companies = town.sync("companies", COMPANIES, dependents=("contacts",))
    people, fetch = town.people(), MemoryConnector.fetch

    def slow(
        self: MemoryConnector, object: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Fetched]:
        told = fetch(self, object, ids, fields)
        if object == "companies" and company not in town.apps["desk", object].records:
            town.apps["desk", object].user_restore(company)
            town.apps["desk", object].user_edit(company, {"name": name})
            town.engine(companies).run(Options())
        return told

    with monkeypatch.context() as patched:
        patched.setattr(MemoryConnector, "fetch", slow)
        town.engine(people).run(Options())
    settled(town)
    sql = "SELECT state FROM link WHERE space = 'companies' AND app = 'desk'"
    with town.db.reading():
        assert [tuple(row) for row in town.db.rows(sql)] == [("live",)]


def test_who_is_given_another_company_since_can_be_cleared_of_it(tmp_path: Path) -> None:
    town = acme(tmp_path)
    _, person = archive(town, "desk")
    read_all(town)
    settled(town)
    other = town.apps["crm", "companies"].user_create({"name": "Borneo", "domain": "borneo.test"})
    (mara,) = town.apps["crm", "contacts"].records
    town.apps["crm", "contacts"].user_edit(mara, {"company": other})
    town.run()
    assert town.company_of("desk", "mara@acme.test") == "Borneo"
    town.apps["desk", "contacts"].user_clear(person, "company")
    settled(town)
    assert of_mara(town) == [None] * 3


def test_a_company_that_was_missed_before_a_write_is_not_missed_once_it_is_back(tmp_path: Path) -> None:
    town = acme(tmp_path)
    people = town.apps["desk", "contacts"]
    people.traits = replace(people.traits, lag=90.0)
    (mara,) = town.apps["crm", "contacts"].records
    town.clock.sleep(120)
    town.apps["crm", "contacts"].user_edit(mara, {"name": "Mara Frost"})
    company, person = archive(town, "desk")
    town.engine(town.people()).run(Options())
    assert people.records[person]["name"] == "Mara Frost"
    town.apps["desk", "companies"].user_restore(company)
    settled(town)
    assert of_mara(town) == ["Acme"] * 3


@pytest.mark.parametrize("new", [True, False], ids=["who was made without it", "who was not given it"])
def test_a_company_that_was_refused_while_it_was_gone_is_given_once_it_is_back(
    tmp_path: Path, new: bool
) -> None:
    town = acme(tmp_path)
    (company,), (id,) = town.apps["desk", "companies"].records, town.apps["crm", "companies"].records
    person = {"email": "bo@acme.test", "name": "Bo Frost", "company": id if new else None}
    bo = town.apps["crm", "contacts"].user_create(person)
    if not new:
        settled(town)
        town.apps["crm", "contacts"].user_edit(bo, {"company": id})
    town.apps["desk", "companies"].user_archive(company)
    settled(town)  # the list of changes does not tell, so that it is refused
    assert town.company_of("desk", "bo@acme.test") is None
    read_all(town)
    settled(town)
    town.apps["desk", "companies"].user_restore(company)
    settled(town)
    assert town.company_of("desk", "bo@acme.test") == "Acme"


def test_who_points_to_a_record_that_goes_is_given_another_one_of_the_same_company(tmp_path: Path) -> None:
    town = acme(tmp_path)
    companies = town.apps["desk", "companies"]
    companies.traits = replace(companies.traits, unique=())
    (company,) = companies.records
    second = companies.user_create({"name": "Acme", "domain": "acme.test"})
    settled(town)
    companies.user_archive(company)
    read_all(town)
    settled(town)
    (person,) = town.apps["desk", "contacts"].records.values()
    assert person["company"] == second


def test_who_points_to_another_record_of_the_same_company_is_left_alone(tmp_path: Path) -> None:
    town = acme(tmp_path)
    companies, people = town.apps["desk", "companies"], town.apps["desk", "contacts"]
    companies.traits = replace(companies.traits, unique=())
    second = companies.user_create({"name": "Acme", "domain": "acme.test"})
    settled(town)
    (person,) = people.records
    people.user_edit(person, {"company": second})
    settled(town)
    town.apps["crm", "contacts"].user_edit(
        next(iter(town.apps["crm", "contacts"].records)), {"name": "Mara Berg"}
    )
    settled(town)
    assert people.records[person]["name"] == "Mara Berg"
    assert people.records[person]["company"] == second
    links = town.db.rows("SELECT DISTINCT golden FROM link WHERE space = 'companies' AND app = 'desk'")
    assert len(links) == 1


def test_a_text_without_a_company_is_left_alone(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.apps["mail", "contacts"].user_create(
        {"email": "budi@x.test", "name": "Budi", "company": "Warung Budi"}
    )
    settled(town)
    assert town.company_of("mail", "budi@x.test") == "Warung Budi"
    assert town.apps["crm", "companies"].records == {}


def test_a_held_conflict_about_a_company_follows_it_into_another(tmp_path: Path) -> None:
    town = Town(tmp_path, CONTACTS.replace("to: company", "to: company\n    rule: manual"))
    crm, desk = (
        {"companies": town.apps[app, "companies"], "people": town.apps[app, "contacts"]}
        for app in ("crm", "desk")
    )
    ids: dict[str, str] = {}
    for name in ("Zeta", "Acme", "Beta"):
        ids[name] = crm["companies"].user_create({"name": name, "domain": f"{name.lower()}.test"})
        settled(town)
    there = {str(v["name"]): id for id, v in desk["companies"].records.items()}
    mara = crm["people"].user_create({"email": "mara@x.test", "name": "Mara", "company": ids["Beta"]})
    settled(town)
    (person,) = desk["people"].records
    crm["people"].user_edit(mara, {"company": ids["Acme"]})
    desk["people"].user_clear(person, "company")
    settled(town)
    desk["companies"].user_edit(there["Acme"], {"name": "Acme Inc"})
    settled(town)
    desk["companies"].user_merge(there["Acme"], there["Zeta"])
    settled(town)
    with town.db.reading():
        (asked,) = Conflicts(town.db).newest(9, Sought("contacts", status=HELD))
    chosen = next(c for c in asked.candidates if c.app == "crm")
    answers = {asked.who: {"company": Answer(tuple(asked.candidates), chosen)}}
    report = town.engine(town.people()).run(Options("resolve", answers=answers))
    assert list(report.fates.values()) == ["settled"]
    settled(town)
    assert [town.company_of(app, "mara@x.test") for app in ("desk", "mail")] == ["Zeta"] * 2
    assert town.company_of("crm", "mara@x.test") == "Acme Inc"  # its own other record of that company


def test_a_create_without_a_key_is_known_again_where_the_next_reading_breaks_off(tmp_path: Path) -> None:
    town = Town(tmp_path)
    crm, desk = town.apps["crm", "companies"], town.apps["desk", "companies"]
    crm.traits = replace(crm.traits, page_size=1)
    for name in ("Hawthorne", "Vasquez", "Yevgenia"):
        desk.user_create({"name": name, "domain": "hawthorne.test" if name == "Hawthorne" else None})

    def die() -> None:
        raise Crash("the answer never came")

    def fail() -> None:
        raise Unavailable("crm: not now")

    once(crm, "write", die, after=True)
    with pytest.raises(Crash):
        town.run()
    once(crm, "pull", partial(once, crm, "pull", fail))  # the first page is there, the second is not
    town.run()
    settled(town)
    for app in (crm, desk):
        assert sorted(str(v["name"]) for v in app.records.values()) == ["Hawthorne", "Vasquez", "Yevgenia"]
