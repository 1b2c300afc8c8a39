"""Consent: the lattice, what may raise it, and how it is read, merged and lowered."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Literal

import pytest

from conflicts.consent import STATES, OptIn, OptOut, decide, most_restrictive, rank
from syncer.core.decide import lower_consent
from syncer.model import DISAGREES, Golden, Link, Pending, Refusal, StubConsent, Unit
from tests.core.worlds import NOON, agreeing, at, due, golden, lens, link, mapping, one, run, seen

SINCE = NOON - timedelta(hours=1)


@pytest.mark.parametrize(("before", "shown"), list(product((None, *STATES), STATES)))
def test_without_an_authority_only_lowering_is_taken(before: str | None, shown: str) -> None:
    golden = OptOut(before, SINCE, "crm") if before else None
    found = decide(golden, [shown], [OptIn("mail", shown, before, True)], ())
    assert found == most_restrictive([before, shown])
    assert rank(found) >= rank(before)


def opt_in(
    state: str = "subscribed",
    held: str | None = "unsubscribed",
    settled: bool = True,
    stamp: datetime | None = None,
    latest: datetime | None = None,
    app: str = "mail",
) -> OptIn:
    return OptIn(app, state, held, settled, stamp, None, latest)


@pytest.mark.parametrize(
    ("name", "before", "opted", "expected"),
    [
        ("the app itself had held the opt-out", "unsubscribed", opt_in(), "subscribed"),
        ("it had not, and says no time", "unsubscribed", opt_in(held="subscribed"), "unsubscribed"),
        ("it had not, but is clearly later", "unsubscribed", opt_in(held=None, stamp=NOON), "subscribed"),
        (
            "later by less than clocks may differ",
            "unsubscribed",
            opt_in(held=None, stamp=SINCE + timedelta(seconds=30)),
            "unsubscribed",
        ),
        ("its own stamp is older", "unsubscribed", opt_in(stamp=SINCE - timedelta(hours=1)), "unsubscribed"),
        ("the record's stamp is older", "unsubscribed", opt_in(latest=SINCE), "unsubscribed"),
        ("a write of ours is on its way", "unsubscribed", opt_in(settled=False), "unsubscribed"),
        ("no authority", "unsubscribed", opt_in(app="desk"), "unsubscribed"),
        ("out of a bounce", "bounced", opt_in(held="bounced"), "bounced"),
        ("out of a complaint", "complained", opt_in(held="complained"), "complained"),
        ("out of an erasure", "erased", opt_in(held="erased"), "erased"),
        ("pending, confirmed where it waits", "pending", opt_in(held="pending"), "subscribed"),
        ("to pending only", "unsubscribed", opt_in("pending"), "pending"),
    ],
)
def test_what_raises_consent(name: str, before: str, opted: OptIn, expected: str) -> None:
    assert decide(OptOut(before, SINCE, "mail"), [opted.state], [opted], ["mail"]) == expected, name


def test_a_pending_confirmation_is_not_lifted_elsewhere() -> None:
    golden = OptOut("pending", SINCE, "crm")
    assert decide(golden, ["subscribed"], [opt_in(held="pending")], ["mail"]) == "pending"


@pytest.mark.parametrize("other", ["pending", "unsubscribed", "bounced"])
def test_any_more_restrictive_state_of_the_same_run_beats_an_opt_in(other: str) -> None:
    found = decide(OptOut("unsubscribed", SINCE, "crm"), ["subscribed", other], [opt_in()], ["mail"])
    assert rank(found) >= rank("unsubscribed")


# -- read and merged --------------------------------------------------------------------------------------

CONSENT = one("consent")


def everywhere(state: str) -> tuple[Golden, list[Link]]:
    record = golden("crm", consent=state)
    return record, agreeing(CONSENT, record)


def test_an_opt_out_in_one_app_goes_to_all() -> None:
    record, links = everywhere("subscribed")
    found = run(CONSENT, record, links, seen("crm", optout="true"))
    assert found.unit.golden.value["consent"] == "unsubscribed"
    assert due(found) == {"mail": {"status": "out"}, "desk": {"consent": "unsubscribed"}}


def test_an_opt_in_of_the_authority_goes_to_all_and_is_marked_as_a_raise() -> None:
    record, links = everywhere("unsubscribed")
    found = run(CONSENT, record, links, seen("mail", status="active"))
    assert found.unit.golden.value["consent"] == "subscribed"
    assert due(found) == {"desk": {"consent": "subscribed"}}
    assert found.items[0].raises == ("consent",)


@pytest.mark.parametrize(
    ("name", "restored", "changed", "expected"),
    [
        ("the state is in step with the apps", False, 5, "subscribed"),
        ("an older state: it may have been given again", True, 5, "unsubscribed"),
        (
            "given again before the opt-in, though in the time that the state does not know",
            True,
            -10,
            "unsubscribed",
        ),
        ("it has stood since before the backup was made", True, -45, "subscribed"),
    ],
)
def test_an_opt_out_that_a_restored_state_knows_may_be_a_new_one(
    name: str, restored: bool, changed: float, expected: str
) -> None:
    record, links = everywhere("unsubscribed")
    shown = seen("mail", 8, status="active"), seen("desk", 8, stamp=at(changed), consent="unsubscribed")
    found = run(CONSENT, record, links, *shown, restored=restored)
    assert found.unit.golden.value["consent"] == expected, name


def test_an_opt_in_elsewhere_is_put_back() -> None:
    record, links = everywhere("unsubscribed")
    found = run(CONSENT, record, links, seen("desk", consent="subscribed"))
    assert found.unit.golden.value["consent"] == "unsubscribed"
    assert due(found) == {"desk": {"consent": "unsubscribed"}}


def test_a_first_merge_takes_the_most_restrictive_whatever_is_newest() -> None:
    links = [link("mail", {}), link("desk", {})]
    found = run(
        CONSENT, Golden("g"), links, seen("mail", 5, status="active"), seen("desk", 1, consent="bounced")
    )
    assert found.unit.golden.value["consent"] == "bounced"
    assert [e.kind for e in found.log] == ["consent"]


def test_a_join_never_raises() -> None:
    record = golden("desk", minutes=-60, consent="unsubscribed")
    links = [*agreeing(CONSENT, record, "desk"), link("mail", {})]
    found = run(CONSENT, record, links, seen("mail", 5, status="active"))
    assert found.unit.golden.value["consent"] == "unsubscribed"


@pytest.mark.parametrize(
    ("observed", "expected"),
    [(None, "subscribed"), (at(-30), "unsubscribed")],
    ids=["a record that joins", "a record that was known without it"],
)
def test_consent_that_is_first_looked_at_in_a_known_record_is_no_opt_in(
    observed: datetime | None, expected: str
) -> None:
    """Its stamp is later than the opt-out, but the app may have given it when we made the record."""
    record = golden("desk", minutes=-60, consent="unsubscribed")
    links = [*agreeing(CONSENT, record, "desk"), link("mail", {}, observed_at=observed)]
    shown = seen("mail", 5, status="active", stamps={"status": at(-20)})
    assert run(CONSENT, record, links, shown).unit.golden.value["consent"] == expected


@pytest.mark.parametrize(
    ("app", "shown", "expected"),
    [
        ("mail", {"status": "active"}, "subscribed"),
        ("desk", {"consent": "subscribed"}, "unsubscribed"),
        ("desk", {"consent": None}, "unsubscribed"),
    ],
    ids=["an opt-in in the authority", "one elsewhere", "it says nothing any more"],
)
def test_what_a_record_had_shown_before_it_was_linked_counts_until_it_is_lifted(
    app: str, shown: dict[str, str | None], expected: str
) -> None:
    before = StubConsent("unsubscribed", app, f"{app}-1", at(-20))
    joining = link(app, {}, observed_at=None)
    found = run(CONSENT, Golden("g"), [joining], seen(app, 5, **shown), stubs=(before,))
    assert found.unit.golden.value["consent"] == expected


def test_what_a_record_had_shown_before_it_was_linked_hides_no_later_opt_out_of_it() -> None:
    """The stub was read a moment ago. What an opt-in has to be later than is the opt-out itself."""
    record, links = everywhere("unsubscribed")
    others, joining = [k for k in links if k.app != "desk"], link("desk", {}, observed_at=None)
    stub = StubConsent("unsubscribed", "desk", "desk-1", at(90))
    found = run(CONSENT, record, [*others, joining], seen("desk", 5, consent="unsubscribed"), stubs=(stub,))
    source = found.unit.golden.provenance["consent"]
    assert (source.app, source.time) == ("desk", at(5))


@pytest.mark.parametrize("state", ["live", "gone"])
def test_an_opt_out_that_was_only_glimpsed_counts_and_leaves_the_rest_unread(
    state: Literal["live", "gone"],
) -> None:
    record = golden("mail", minutes=-60, consent="subscribed")
    links = agreeing(CONSENT, record, "mail", "desk")
    links[0].state = state
    found = run(CONSENT, record, links, seen("mail", status="out", state="glimpsed"))
    assert found.unit.golden.value["consent"] == "unsubscribed"
    assert due(found) == {"desk": {"consent": "unsubscribed"}}
    mail = next(k for k in found.unit.links if k.app == "mail")
    assert (mail.state, mail.observed_at) == (state, at(-30))


def test_no_opt_in_passes_for_later_because_our_clock_is_behind() -> None:
    """The opt-out is stamped an hour after we seem to have read it; the opt-in was made before it."""
    record, links = everywhere("subscribed")
    out = seen("desk", consent="unsubscribed")
    out.stamp = at(60)
    first = run(CONSENT, record, [k for k in links if k.app == "desk"], out)
    joins = seen("mail", 5, status="active")
    joins.stamps = {"status": at(58)}
    found = run(CONSENT, first.unit.golden, [*first.unit.links, link("mail", {})], joins)
    assert found.unit.golden.value["consent"] == "unsubscribed"


@pytest.mark.parametrize(
    ("name", "shown", "expected"),
    [
        ("a bounce", "bounced", "bounced"),
        ("what stood there before", "active", "unsubscribed"),
        ("what was sent", "out", "unsubscribed"),
    ],
)
def test_of_what_was_read_before_a_write_only_an_opt_out_that_goes_further_counts(
    name: str, shown: str, expected: str
) -> None:
    record, links = everywhere("unsubscribed")
    mail = next(k for k in links if k.app == "mail")
    mail.seen["status"] = "active"
    mail.pending["status"] = Pending("active", "out", {"consent": "unsubscribed"}, at(1))
    found = run(CONSENT, record, links, seen("mail", 0, status=shown))
    assert found.unit.golden.value["consent"] == expected, name
    assert "status" in next(k for k in found.unit.links if k.app == "mail").pending


def test_an_observation_that_a_later_one_replaced_still_counts() -> None:
    record, links = everywhere("subscribed")
    shown = seen("mail", status="active")
    shown.consent = ("out",)
    assert run(CONSENT, record, links, shown).unit.golden.value["consent"] == "unsubscribed"


def test_the_consent_of_an_archived_record_and_of_a_key_stub_counts() -> None:
    record, links = everywhere("subscribed")
    gone = seen("desk", consent="complained", state="archived")
    assert run(CONSENT, record, links, gone).unit.golden.value["consent"] == "complained"
    stub = StubConsent("bounced", "mail", "mail-9", NOON)
    assert run(CONSENT, record, links, stubs=(stub,)).unit.golden.value["consent"] == "bounced"


def test_a_stub_that_says_nothing_new_is_not_logged_again() -> None:
    record, links = everywhere("unsubscribed")
    stub = StubConsent("pending", "mail", "mail-9", NOON)
    assert run(CONSENT, record, links, stubs=(stub,)).log == []


def test_an_app_that_knows_more_than_it_lets_us_write_is_left_alone() -> None:
    record = golden("mail", consent="bounced")
    links = [
        link("mail", {"status": "bounced"}, {"consent": DISAGREES}),
        *agreeing(CONSENT, record, "crm", "desk"),
    ]
    found = run(CONSENT, record, links)
    assert found.items == [], "its bounce is not written over with a mere opt-out"


@pytest.mark.parametrize(
    ("shown", "expected"), [("unsubscribed", "unsubscribed"), ("subscribed", "subscribed")]
)
def test_a_raise_of_ours_that_is_read_back_lowered_is_an_opt_out(shown: str, expected: str) -> None:
    record = golden("mail", minutes=-10, consent="subscribed")
    pending = Pending("unsubscribed", "subscribed", {"consent": "subscribed"}, at(-5), raises=True)
    raised = link(
        "desk", {"consent": "unsubscribed"}, {"consent": "unsubscribed"}, pending={"consent": pending}
    )
    found = run(CONSENT, record, [*agreeing(CONSENT, record, "mail"), raised], seen("desk", consent=shown))
    assert found.unit.golden.value["consent"] == expected


def test_a_lowering_of_ours_that_did_not_land_is_sent_again() -> None:
    record = golden("mail", minutes=-10, consent="unsubscribed")
    pending = Pending("subscribed", "unsubscribed", {"consent": "unsubscribed"}, at(-5))
    lowered = link("desk", {"consent": "subscribed"}, {"consent": "subscribed"}, pending={"consent": pending})
    found = run(
        CONSENT, record, [*agreeing(CONSENT, record, "mail"), lowered], seen("desk", consent="subscribed")
    )
    assert found.unit.golden.value["consent"] == "unsubscribed"
    assert due(found) == {"desk": {"consent": "unsubscribed"}}


def test_the_same_opt_out_seen_again_later_makes_older_opt_ins_too_old() -> None:
    record = golden("desk", minutes=-60, consent="unsubscribed")
    links = [
        link("crm", {"optout": None}, {"consent": DISAGREES}),
        *agreeing(CONSENT, record, "mail", "desk"),
    ]
    after = run(CONSENT, record, links, seen("crm", 0, optout="true"))
    assert after.unit.golden.provenance["consent"].time == at(0)
    late = run(CONSENT, after.unit.golden, after.unit.links, seen("mail", -5, status="active"))
    assert late.unit.golden.value["consent"] == "unsubscribed"


def test_a_coarse_stamp_makes_no_opt_out_older_than_an_opt_in() -> None:
    """The same opt-out, given in the CRM just after golden knew it, has a stamp that is cut to the minute."""
    record = golden("desk", minutes=-10, consent="unsubscribed")
    (mail,) = agreeing(CONSENT, record, "mail")
    mail.observed_at = at(-10)
    links = [link("crm", {}), mail, *agreeing(CONSENT, record, "desk")]
    after = run(CONSENT, record, links, seen("crm", 0, optout="true", stamp=at(-10.5)))
    read_late = run(CONSENT, after.unit.golden, after.unit.links, seen("mail", 1, status="active"))
    assert read_late.unit.golden.value["consent"] == "unsubscribed"


def test_who_had_held_another_opt_out_all_along_does_not_tell_what_came_first() -> None:
    """The mailing tool is not written to, and kept its own opt-out when golden was raised."""
    record = golden("desk", minutes=-60, consent="pending")
    links = [
        *agreeing(CONSENT, record, "crm", "desk"),
        link("mail", {"status": "out"}, {"consent": DISAGREES}),
    ]
    after = run(CONSENT, record, links, seen("crm", -5, optout="true"))
    assert after.unit.golden.value["consent"] == "unsubscribed"
    read_late = run(CONSENT, after.unit.golden, after.unit.links, seen("mail", 0, status="active"))
    assert read_late.unit.golden.value["consent"] == "unsubscribed"


# -- while a run is held ----------------------------------------------------------------------------------

BOTH = mapping(
    """
  title: {type: text, in: {crm: title, mail: title, desk: title}}
  consent: {type: consent, in: {crm: optout, mail: status, desk: consent}, authority: [mail]}
"""
)


def waiting(status: str) -> Unit:
    record = golden(title="Boss", consent="subscribed" if status == "out" else "unsubscribed")
    shown = seen("mail", title="chief", status=status)
    return Unit(record, agreeing(BOTH, record), {shown.key: shown})


def test_a_held_run_lowers_consent_and_touches_nothing_else() -> None:
    unit = waiting("out")
    found = lower_consent(unit, lens(BOTH), "r1")
    assert found is not None
    assert found.unit.golden.value == {"title": "Boss", "consent": "unsubscribed"}
    assert due(found) == {"crm": {"optout": "true"}, "desk": {"consent": "unsubscribed"}}
    before = {k.key: k for k in unit.links}
    for after in found.unit.links:
        was = before[after.key]
        assert after.seen["title"] == was.seen["title"]
        assert (after.observed_at, after.stamp, after.ours) == (was.observed_at, was.stamp, was.ours)


def test_a_held_run_raises_nothing() -> None:
    assert lower_consent(waiting("active"), lens(BOTH), "r1") is None


REACHABLE = mapping(
    """
  email: {type: email, in: {crm: email, mail: email}}
  title: {type: text, in: {crm: title, mail: title}}
  consent: {type: consent, in: {crm: optout, mail: status}, authority: [mail]}
""",
    apps="crm mail",
)


def unreachable(**shown: str | None) -> Link:
    """An app that keeps opt-outs by address refused one for want of any."""
    known = {"email": None, "title": "Boss", "optout": None, **shown}
    refused = {"optout": Refusal("true", "it has no address", REACHABLE.version)}
    return link("crm", known, {"title": "Boss"}, refused=refused, version=REACHABLE.version)


@pytest.mark.parametrize(
    ("name", "known", "observed", "expected"),
    [
        ("written by us", unreachable(), {}, {"email": "ada@x.test", "optout": "true"}),
        ("entered there", unreachable(), {"email": "ada@x.test"}, {"optout": "true"}),
        ("still none", unreachable(), {"title": "Chief"}, None),
    ],
)
def test_an_opt_out_that_was_refused_goes_with_a_new_address(
    name: str, known: Link, observed: dict[str, str], expected: dict[str, str] | None
) -> None:
    held = {} if name == "still none" else {"email": "ada@x.test"}
    record = golden("mail", title="Boss", consent="unsubscribed", **held)
    news = [seen("crm", **observed)] if observed else []
    result = run(REACHABLE, record, [known, *agreeing(REACHABLE, record, "mail")], *news)
    assert due(result).get("crm") == expected, name
