"""Those who point to a company, after what they showed of it was undone."""

from __future__ import annotations

from pathlib import Path

from syncer.options import Options
from syncer.sync import Sync
from syncer.usecases.undoing import Undoing, Wanted
from tests.engine.test_references import acme, of_mara
from tests.engine.town import Town, settled


def undo_the_last_run(town: Town, sync: Sync) -> None:
    """The last run that wrote something; then the sync is released."""
    sql = "SELECT id FROM run WHERE space = :space AND written > 0 ORDER BY id DESC"
    with town.db.reading():
        (run, *_) = town.db.one(sql, space=sync.name) or ("",)
    town.clock.sleep(120)
    undone = Undoing(sync, town.db, town.ports()).do(Wanted(run))
    town.clock.sleep(120)
    town.engine(sync).run(Options(approve=undone.run))


def test_a_former_name_of_a_company_reaches_the_text_once_the_new_one_is_undone(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (company,) = town.apps["crm", "companies"].records
    town.apps["crm", "companies"].user_edit(company, {"name": "Acme Ltd"})
    assert of_mara(settled(town)) == ["Acme Ltd"] * 3
    undo_the_last_run(town, town.companies())
    assert of_mara(settled(town)) == ["Acme Ltd", "Acme", "Acme"]


def test_who_has_a_former_company_again_by_an_undo_follows_its_name(tmp_path: Path) -> None:
    town = acme(tmp_path)
    companies, people = town.apps["crm", "companies"], town.apps["crm", "contacts"]
    (company,), (mara,) = companies.records, people.records
    people.user_edit(mara, {"company": companies.user_create({"name": "Borneo", "domain": "borneo.test"})})
    assert of_mara(settled(town)) == ["Borneo"] * 3
    undo_the_last_run(town, town.people())
    assert of_mara(settled(town)) == ["Borneo", "Acme", "Acme"]
    companies.user_edit(company, {"name": "Acme Ltd"})
    assert of_mara(settled(town)) == ["Borneo", "Acme Ltd", "Acme Ltd"]
