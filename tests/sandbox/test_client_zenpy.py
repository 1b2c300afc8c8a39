"""``zenpy``, the widely used Zendesk client, works against the sandbox. Nothing is changed but the base URL,
which it puts together from a subdomain, a domain, and ``ZENPY_FORCE_SCHEME``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import (
    Comment,
    Identity,
    Organization,
    OrganizationMembership,
    Ticket,
    User,
    UserField,
)
from zenpy.lib.exception import APIException, RecordNotFoundException

from connectors.sandbox.server import Sandbox


@pytest.fixture
def desk(running: Sandbox, control: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    subdomain, _, domain = running.zendesk.removeprefix("http://").partition(".")
    login = {"email": "admin@sandbox.test", "token": "sandbox-zendesk"}
    yield Zenpy(subdomain=subdomain, domain=domain, disable_cache=True, **login)
    entries = control.get("/requests").json()["zendesk"]
    assert [call for call in entries if call["status"] == 501 or "ignored" in call] == []


def finished(desk: Any, job: Any) -> list[Any]:
    for _ in range(5):
        job = desk.job_status(id=job.id)
        if job.status == "completed":
            return list(job.results)
    raise AssertionError(job.status)


def test_users_one_by_one(desk: Any) -> None:
    assert desk.users.me().role == "admin"
    ada = desk.users.create(User(name="Ada", email="ada@t.example", skip_verify_email=True))
    ada.phone, ada.user_fields = "+628111111", {"city": "Yazd"}
    assert desk.users.update(ada).user_fields["city"] == "Yazd"
    assert desk.users(id=ada.id).phone == "+628111111"
    assert [user.id for user in desk.users.search(query="email:ada@t.example")] == [ada.id]
    assert desk.users.create_or_update(User(name="Ada L.", email="ada@t.example")).id == ada.id
    assert [user.name for user in desk.users(ids=[ada.id])] == ["Ada L."]


def test_lists_of_users_in_both_ways_of_paging(desk: Any) -> None:
    assert len(list(desk.users())) == 63
    assert len({user.id for user in desk.users(cursor_pagination=25)}) == 63


def test_users_in_bulk(desk: Any) -> None:
    people = [User(name=f"Person {n}", email=f"p{n}@t.example", skip_verify_email=True) for n in range(3)]
    made = finished(desk, desk.users.create([*people, User(name="Twice", email="p0@t.example")]))
    assert [getattr(item, "error", None) for item in made] == [None, None, None, "UserCreateError"]
    changed = finished(
        desk, desk.users.update([User(id=made[0].id, notes="x"), User(id=made[1].id, notes="y")])
    )
    assert [item.status for item in changed] == ["Updated", "Updated"]
    gone = finished(desk, desk.users.delete([User(id=item.id) for item in made[:2]]))
    assert len(gone) == 2
    assert {user.id for user in desk.users.deleted()} == {made[0].id, made[1].id}


def test_identities(desk: Any) -> None:
    ada = desk.users.create(User(name="Ada", email="ada@t.example", phone="+628111111"))
    second = Identity(type="email", value="ada2@t.example", verified=True)
    made = desk.users.identities.create(ada, second)
    desk.users.identities.make_primary(ada, made)
    assert desk.users(id=ada.id).email == "ada2@t.example"
    listed = {item.value: item for item in desk.users.identities(id=ada.id)}
    assert listed.keys() == {"ada2@t.example", "ada@t.example", "+628111111"}
    assert desk.users.identities.show(ada, made).value == "ada2@t.example"
    desk.users.identities.delete(ada, listed["ada@t.example"])
    assert len(list(desk.users.identities(id=ada.id))) == 2


def test_merged_deleted_and_erased_users(desk: Any) -> None:
    one, two = (desk.users.create(User(name=n, email=f"{n}@t.example")) for n in ("one", "two"))
    assert desk.users.merge(source_user=one, dest_user=two).id == two.id
    assert desk.users(id=one.id).active is False
    desk.users.delete(two)
    assert desk.users.permanently_delete(two).name == "Permanently Deleted User"


def test_organizations_and_memberships(desk: Any) -> None:
    acme = desk.organizations.create(Organization(name="Acme", domain_names=["acme.example"]))
    with pytest.raises(APIException, match="has already been taken"):
        desk.organizations.create(Organization(name="acme"))
    changed = desk.organizations.update(Organization(id=acme.id, organization_fields={"size": 3}))
    assert changed.organization_fields["size"] == 3
    assert acme.id in [item.id for item in desk.organizations()]
    ada = desk.users.create(User(name="Ada", email="ada@t.example"))
    joined = desk.organization_memberships.create(
        OrganizationMembership(user_id=ada.id, organization_id=acme.id)
    )
    assert [item.organization_id for item in desk.users.organization_memberships(ada)] == [acme.id]
    desk.organization_memberships.delete(joined)
    desk.organizations.delete(acme)
    with pytest.raises(RecordNotFoundException):
        desk.organizations(id=acme.id)


def test_fields(desk: Any) -> None:
    desk.user_fields.create(UserField(key="tea", type="text", title="Tea"))
    assert "tea" in [field.key for field in desk.user_fields()]
    assert "size" in [field.key for field in desk.organization_fields()]
    assert "tagger" in [field.type for field in desk.ticket_fields()]


@pytest.mark.parametrize("side_loads", [[], ["identities"]], ids=["plain", "with identities"])
def test_the_export_of_users(side_loads: list[str], desk: Any) -> None:
    feed = desk.users.incremental(start_time=0, paginate_by_time=False, include=side_loads or None)
    assert len({user.id for user in feed}) == 63


def test_the_export_of_organizations(desk: Any) -> None:
    assert len({item.id for item in desk.organizations.incremental(start_time=0)}) == 12


def test_tickets(desk: Any) -> None:
    made = desk.tickets.create(Ticket(subject="Late", comment=Comment(body="Help"))).ticket
    made.status = "open"
    assert desk.tickets.update(made).ticket.status == "open"
    assert [item.id for item in desk.tickets.incremental(start_time=0, paginate_by_time=False)] == [made.id]
    desk.tickets.delete(made)
    assert [item.id for item in desk.tickets.deleted()] == [made.id]
    desk.tickets.restore(made.id)
    assert desk.tickets(id=made.id).subject == "Late"


def test_refusals_arrive_as_its_own_errors(desk: Any) -> None:
    with pytest.raises(RecordNotFoundException):
        desk.users(id=1)
    with pytest.raises(APIException, match="is not properly formatted"):
        desk.users.create(User(name="Ada", email="nobody"))
