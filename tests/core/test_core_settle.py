"""What an answer to a write means for the shadows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import Record, Result
from mappings.model import ObjectMapping
from syncer.core.settle import Sent, Settled, adopt, join, settle
from syncer.model import ABSENT, DISAGREES, Golden, Item, Link, Pending, Value
from tests.core.worlds import at, due, golden, link, mapping, one, run

TITLE = one("title")


def write(
    result: Result, of: ObjectMapping = TITLE, app: str = "crm", before: Value = "Old", **slots: Value
) -> Settled:
    """The answer to an update of record APP-1 from `before`."""
    values = slots or {"title": "Boss"}
    item = Item("update", app, "g", f"{app}-1", {s: (before, v) for s, v in values.items()})
    known = link(app, dict.fromkeys(values, before), dict.fromkeys(values, DISAGREES))
    return settle(Sent(item, at(-1), at(0), of), result, golden(**values), known)


def answer(**values: Value) -> Result:
    return Result("", "applied", "crm-1", Record("crm-1", values, stamp=at(0)))


def after(settled: Settled) -> Link:
    assert settled.link is not None
    return settled.link


def test_an_applied_write_with_the_record_moves_both_shadows() -> None:
    done = write(answer(title="Boss"))
    assert (after(done).seen, after(done).agreed) == ({"title": "Boss"}, {"title": "Boss"})
    assert (after(done).ours, after(done).stamp) == (True, at(0))
    assert done.finished


def test_a_value_that_the_app_formats_is_seen_in_its_form_and_agreed_in_golden_form() -> None:
    done = write(answer(title="BOSS!"))
    assert (after(done).seen, after(done).agreed) == ({"title": "BOSS!"}, {"title": "Boss"})


def test_an_applied_write_without_the_record_is_unconfirmed() -> None:
    done = write(Result("", "applied", "crm-1"))
    assert after(done).seen == {"title": "Old"}
    assert after(done).pending["title"].sent == "Boss"
    assert done.finished


def test_an_unknown_outcome_is_unconfirmed_and_not_finished() -> None:
    done = write(Result("", "unknown"))
    assert after(done).pending["title"].before == "Old"
    assert not done.finished


def test_success_that_changed_nothing_is_still_due() -> None:
    done = write(answer(title="Old"))
    assert after(done).agreed == {"title": DISAGREES}
    assert not done.finished
    assert after(done).rewrites["title"] == ("Boss", 1)


def test_a_clearing_that_changed_nothing_is_still_due_where_agreement_was_never_noted() -> None:
    item = Item("update", "crm", "g", "crm-1", {"title": ("Old", None)})
    known = link("crm", {"title": "Old"}, {})
    done = settle(Sent(item, at(-1), at(0), TITLE), answer(title="Old"), golden(title=None), known)
    assert not done.finished


@pytest.mark.parametrize("outcome", ["retry", "stale"])
def test_what_was_surely_not_applied_changes_nothing(outcome: str) -> None:
    done = write(Result("", outcome))  # type: ignore[arg-type]
    assert (after(done).seen, after(done).pending) == ({"title": "Old"}, {})
    assert not done.finished


def test_other_fields_of_the_answer_are_an_observation_and_not_seen() -> None:
    of = mapping(
        "\n  title: {type: text, in: {crm: title}}\n  note: {type: text, in: {crm: note}}\n", apps="crm"
    )
    done = write(answer(title="Boss", note="typed meanwhile"), of)
    assert "note" not in after(done).seen
    assert done.extra is not None
    assert done.extra.values == {"note": "typed meanwhile"}


def test_a_refused_field_is_a_failure_and_the_rest_is_sent() -> None:
    of = mapping(
        "\n  title: {type: text, in: {crm: title}}\n  note: {type: text, in: {crm: note}}\n", apps="crm"
    )
    done = write(Result("", "rejected", fields={"note": "too rude"}), of, title="Boss", note="Hm")
    assert after(done).refused["note"].reason == "too rude"
    assert done.again is not None
    assert dict(done.again.slots) == {"title": ("Old", "Boss")}


def test_a_refused_write_is_not_sent_again_until_its_value_changes() -> None:
    done = write(Result("", "rejected", reason="no"))
    refused = after(done)
    assert run(TITLE, golden(title="Boss"), [refused]).items == []
    assert due(run(TITLE, golden(title="Chief"), [refused])) == {"crm": {"title": "Chief"}}


VIP, BOTH = ["vip"], ["partner", "vip"]


@pytest.mark.parametrize(
    ("before", "sent", "shown", "given"),
    [
        pytest.param(BOTH, VIP, ["trial", "vip"], True, id="given while another was taken away"),
        pytest.param(VIP, BOTH, ["partner", "trial", "vip"], True, id="given beside what we gave"),
        pytest.param(BOTH, VIP, ["partner", "trial", "vip"], True, id="given, and our write not done"),
        pytest.param(BOTH, VIP, VIP, False, id="what was sent"),
        pytest.param(BOTH, VIP, BOTH, False, id="nothing was done"),
        pytest.param(BOTH, VIP, ["own", "vip"], False, id="no word of the mapping"),
        pytest.param(VIP, BOTH, ["trial", "vip"], False, id="perhaps the app's form of what we gave"),
        pytest.param(VIP, BOTH, "trial", False, id="cannot be read"),
    ],
)
def test_what_somebody_gave_a_set_since_it_was_read_is_an_edit(
    before: Value, sent: Value, shown: Value, given: bool
) -> None:
    """An app that changes single tags keeps it, and shows it in the answer first of all."""
    done = write(answer(tags=shown), one("tags"), before=before, tags=sent)
    assert (done.extra is not None, "tags" in after(done).pending) == (given, given)
    if done.extra is not None:
        decided = run(one("tags"), golden("desk", tags=sent), [after(done)], done.extra)
        assert "trial" in (decided.unit.golden.value["tags"] or ())  # type: ignore[operator]


# -- creates ----------------------------------------------------------------------------------------------


def create(result: Result, of: ObjectMapping = TITLE, app: str = "crm", **slots: Value) -> Settled:
    values = slots or {"title": "Boss"}
    item = Item("create", app, "g", None, {s: (ABSENT, v) for s, v in values.items()})
    return settle(
        Sent(item, at(-1), at(0), of), result, golden("desk", title="Boss", consent="unsubscribed"), None
    )


def test_a_create_makes_a_link_and_what_else_is_shown_are_defaults() -> None:
    done = create(Result("", "applied", "crm-7", Record("crm-7", {"title": "Boss"})))
    assert (after(done).id, after(done).seen) == ("crm-7", {"title": "Boss"})
    assert done.finished


def test_a_create_that_left_a_field_out_is_not_finished() -> None:
    done = create(Result("", "applied", "crm-7", Record("crm-7", {"title": None})))
    assert not done.finished
    assert due(run(TITLE, golden("desk", title="Boss"), [after(done)])) == {"crm": {"title": "Boss"}}


def test_a_create_without_an_answer_stays_in_flight() -> None:
    assert create(Result("", "unknown")).in_flight


def test_the_consent_of_a_record_that_we_made_is_in_doubt_until_it_is_read() -> None:
    of = one("consent")
    item = Item("create", "mail", "g", None, {})
    sent = Sent(item, at(-1), at(0), of)
    made = settle(sent, Result("", "applied", "7", Record("7", {})), golden(), None)
    told = replace(item, slots={"status": (ABSENT, "active")})
    for name, known, value in (
        ("answered without it", after(made), None),
        ("found by our id", adopt(sent, "7", golden()), None),
        ("found by a key", join(sent, "7", golden()), None),
        ("found by a key, and we had sent one", join(replace(sent, item=told), "7", golden()), "active"),
    ):
        assert known.pending["status"] == Pending(ABSENT, value, {}, at(-1)), name


def test_a_refused_create_is_remembered() -> None:
    done = create(Result("", "rejected", reason="no such domain"))
    assert done.golden is not None
    assert done.golden.refused["crm"].reason == "no such domain"
    assert done.finished


def test_a_record_is_never_created_without_its_consent() -> None:
    of = mapping(
        """
  title: {type: text, in: {desk: title}}
  consent: {type: consent, in: {desk: consent}}
""",
        apps="desk",
    )
    result = Result("", "rejected", fields={"consent": "not allowed"})
    done = create(result, of, "desk", title="Boss", consent="unsubscribed")
    assert done.again is None
    assert done.golden is not None


def test_an_adopted_create_does_not_vouch_for_what_golden_has_become_since() -> None:
    item = Item("create", "crm", "g", None, {"title": (ABSENT, "Boss")})
    adopted = adopt(Sent(item, at(-9), at(0), TITLE), "crm-7", golden("desk", title="Chief"))
    assert adopted.pending["title"].sent == "Boss"
    assert adopted.pending["title"].parts == {}


# -- consent ----------------------------------------------------------------------------------------------


def test_an_answer_that_shows_less_consent_than_was_sent_waits_for_a_look() -> None:
    of = one("consent")
    item = Item("update", "desk", "g", "desk-1", {"consent": ("unsubscribed", "subscribed")}, ("consent",))
    known = link("desk", {"consent": "unsubscribed"}, {"consent": "unsubscribed"})
    result = Result("", "applied", "desk-1", Record("desk-1", {"consent": "bounced"}))
    record: Golden = golden("mail", consent="subscribed")
    done = settle(Sent(item, at(-1), at(0), of), result, record, known)
    assert after(done).seen == {"consent": "unsubscribed"}
    assert after(done).pending["consent"].raises


def test_an_opt_out_that_an_answer_shows_is_an_observation() -> None:
    """Somebody may take it back before the next look."""
    bounced = Result("", "applied", "mail-1", Record("mail-1", {"status": "bounced"}, stamp=at(0)))
    done = write(bounced, one("consent"), "mail", before="active", status="out")
    assert done.extra is not None
    assert done.extra.values == {"status": "bounced"}
    assert "status" in after(done).pending


def test_a_value_written_again_and_again_is_counted() -> None:
    first = after(write(answer(title="Boss")))
    assert first.rewrites == {"title": ("Boss", 1)}


def test_an_ordinary_write_is_not_counted() -> None:
    item = Item("update", "crm", "g", "crm-1", {"title": ("Old", "Boss")})
    known = link("crm", {"title": "Old"}, {"title": "Old"})
    done = settle(Sent(item, at(-1), at(0), TITLE), answer(title="Boss"), golden("desk", title="Boss"), known)
    assert after(done).rewrites == {}


def test_an_opt_out_that_shows_in_the_answer_to_an_archive_is_not_passed_over() -> None:
    sent = Sent(Item("archive", "crm", "g", "crm-1", {}), at(-1), at(0), one("consent"))
    known = link("crm", {"optout": None}, {"consent": "subscribed"})
    done = settle(sent, answer(optout="true"), golden(consent="subscribed"), known)
    assert after(done).state == "gone"
    assert done.extra is not None
    assert (done.extra.state, done.extra.values) == ("archived", {"optout": "true"})
    decided = run(one("consent"), golden(consent="subscribed"), [after(done)], done.extra)
    assert decided.unit.golden.value["consent"] == "unsubscribed"
