"""Creates without an answer: what the next run makes of them where it cannot look them up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.contract import AppError, Page
from tests.engine.test_found_by_simulation import ALL, mara, once, one
from tests.engine.world import MAIL, World


def fail() -> None:
    raise AppError("not now")


def test_a_record_that_was_made_without_an_answer_is_no_new_person_under_an_older_address(
    tmp_path: Path,
) -> None:
    """The look-up fails, the listing shows the record, and the person has another address meanwhile."""
    world = World(tmp_path, ALL)
    mail, desk = world.apps["mail"], world.apps["desk"]
    mara(world, "desk")
    desk.user_edit(one(world, "desk"), {"consent": "subscribed"})
    once(mail, "write", fail, after=True)
    world.run()
    assert len(mail.records) == 1, "made, and nobody was told"
    desk.user_edit(one(world, "desk"), {"email": "mara.karimi@x.test", "name": "Zohreh Karimi"})
    once(mail, "find", fail)
    world.run()
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM golden") == [(1,)]
    assert world.only("mail")["email"] == "mara.karimi@x.test"
    world.db.close()


def test_a_look_up_that_fails_is_told_until_it_succeeds(tmp_path: Path) -> None:
    world = World(tmp_path, ALL)
    mail, desk = world.apps["mail"], world.apps["desk"]
    mara(world, "desk")
    desk.user_edit(one(world, "desk"), {"consent": "subscribed"})
    once(mail, "write", fail)
    world.run()
    once(mail, "find", fail)
    report = world.run()
    assert (report.status, report.apps["mail"].error) == (
        "partial",
        "whether 1 new record of an earlier run arrived could not be asked: not now",
    )
    world.settle()
    assert world.run().status == "done"
    assert len(mail.records) == 1
    world.db.close()


def test_a_record_that_was_made_without_an_answer_and_archived_since_is_not_made_again(
    tmp_path: Path,
) -> None:
    """It holds our id, and an address that the person has no more: nothing else would know it again."""
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, external_id="our_id")})
    mail, desk = world.apps["mail"], world.apps["desk"]
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    once(mail, "write", fail, after=True)
    world.run()
    mail.user_archive(one(world, "mail"))
    desk.user_edit(one(world, "desk"), {"email": "mara.karimi@x.test"})
    world.run()
    assert world.rows("SELECT state FROM link WHERE app = 'mail'") == [("gone",)]
    assert world.run().status == "done", "nothing is left to do"
    mail.user_restore("000001")
    world.settle()
    assert world.only("mail")["email"] == "mara.karimi@x.test"
    world.db.close()


def test_a_record_without_a_key_that_was_edited_since_it_was_made_is_not_made_again(tmp_path: Path) -> None:
    """Nothing can be looked up there, and the person has another address by now."""
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, unique=())})
    mail, desk = world.apps["mail"], world.apps["desk"]
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    once(mail, "write", fail, after=True)
    world.run()
    mail.user_edit(one(world, "mail"), {"first": "Mary", "last": "Lindt", "title": "Boss"})
    desk.user_edit(one(world, "desk"), {"email": "mara.karimi@x.test"})
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM golden") == [(1,)]
    assert world.only("mail")["email"] == "mara.karimi@x.test"
    world.db.close()


def test_an_empty_listing_where_somebody_was_archived_proves_no_absence(tmp_path: Path) -> None:
    """The one record that was known is truly gone: nothing known speaks against the list."""
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, unique=())})
    mail, desk = world.apps["mail"], world.apps["desk"]
    desk.user_create({"email": "sara@x.test", "name": "Sara Karimi", "consent": "subscribed"})
    world.settle()
    sara = one(world, "mail")
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    once(mail, "write", fail, after=True)
    world.run()
    mail.user_archive(sara)
    connector = world.connectors["mail"]
    pull, connector.pull = connector.pull, lambda *_: iter([Page([], None, last=True)])  # type: ignore[method-assign]
    world.run()
    connector.pull = pull  # type: ignore[method-assign]
    world.settle()
    assert [values["email"] for values in mail.records.values()] == ["mara@x.test"]
    world.db.close()


def test_the_consent_that_a_create_without_an_answer_gave_is_nobodys_opt_in(tmp_path: Path) -> None:
    """The record is found by its address and may be anybody's; what it shows of consent, we had sent. She had
    opted out before that, in an app that was read already."""
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, field_stamps=True)})
    crm, mail, desk = (world.apps[name] for name in ("crm", "mail", "desk"))
    out = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "optout": "true"}
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    once(desk, "pull", lambda: (crm.user_create(out), world.clock.sleep(90.0)))
    once(mail, "write", fail, after=True)
    world.run()
    assert world.only("mail")["status"] == "active", "made, and nobody was told"
    world.settle()
    assert (world.only("mail")["status"], world.only("crm")["optout"]) == ("out", "true")
    world.db.close()
