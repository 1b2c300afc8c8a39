"""Webhooks of all four apps: what is right is taken as a hint of where to look; nothing else is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest

from connectors.hooks import MOST, HookCall, Hooks
from connectors.hubspot.signature import SIGNATURE, TIMESTAMP, sign
from connectors.hubspot.webhooks import HubSpotHooks
from connectors.mailchimp.sandbox.webhooks import signature as mailchimp_signature
from connectors.mailchimp.webhooks import MailchimpHooks
from connectors.mailerlite.sandbox.events import signature as mailerlite_signature
from connectors.mailerlite.webhooks import MailerLiteHooks
from connectors.zendesk.sandbox.webhooks import signature as zendesk_signature
from connectors.zendesk.webhooks import ZendeskHooks
from syncer.config.files import Config
from syncer.model import LinkKey
from syncer.service import repeats
from syncer.service.receiving import LARGEST, Receiving
from syncer.service.repeats import REMEMBERED, Repeats
from syncer.store.database import StateError
from tests.fourth import folder

NOW = 1_900_000_000
SECRET = "a secret of thirty-two characters"
BASE = "https://sync.example.com/webhooks"


def hubspot(body: bytes, secret: str = SECRET, at: int = NOW) -> HookCall:
    url = f"{BASE}/hubspot"
    signed = sign(secret, "POST", url, body, str(at * 1000))
    return HookCall(url, {SIGNATURE.lower(): signed, TIMESTAMP.lower(): str(at * 1000)}, body)


def mailerlite(body: bytes, secret: str = SECRET, at: int = NOW) -> HookCall:
    return HookCall(f"{BASE}/mailerlite", {"signature": mailerlite_signature(secret, body)}, body)


def mailchimp(body: bytes, secret: str = SECRET, at: int = NOW) -> HookCall:
    signed = {"x-mailchimp-signature": mailchimp_signature(secret, at, body)}
    return HookCall(f"{BASE}/mailchimp", signed, body)


def zendesk(body: bytes, secret: str = SECRET, at: int = NOW) -> HookCall:
    time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "x-zendesk-webhook-signature": zendesk_signature(secret, time, body),
        "x-zendesk-webhook-signature-timestamp": time,
    }
    return HookCall(f"{BASE}/zendesk", headers, body)


Signed = Callable[..., HookCall]
SIGNED: dict[str, Signed] = {
    "hubspot": hubspot,
    "mailerlite": mailerlite,
    "mailchimp": mailchimp,
    "zendesk": zendesk,
}
HOOKS: dict[str, Hooks] = {
    "hubspot": HubSpotHooks(),
    "mailerlite": MailerLiteHooks(None),  # type: ignore[arg-type]
    "mailchimp": MailchimpHooks(None, ""),  # type: ignore[arg-type]
    "zendesk": ZendeskHooks(None),  # type: ignore[arg-type]
}
FORM = {
    "type": "profile",
    "data[id]": "8a25ff1d98",
    "data[email]": "ada@t.example",
    "data[merges][FNAME]": "Ada",
}
BODIES = {
    "hubspot": orjson.dumps(
        [{"subscriptionType": "contact.propertyChange", "objectId": 7, "propertyValue": "x"}]
    ),
    "mailerlite": orjson.dumps({"id": "7", "event": "subscriber.updated", "fields": {"city": "Yazd"}}),
    "mailchimp": urlencode(FORM).encode(),
    "zendesk": orjson.dumps({"type": "zen:event-type:user.name_changed", "subject": "zen:user:7"}),
}
TOLD = {
    "hubspot": ("contacts", ("hubspot", "7")),
    "mailerlite": ("contacts", ("mailerlite", "7")),
    "mailchimp": ("contacts", ("mailchimp", "email_address=ada@t.example")),
    "zendesk": ("contacts", ("zendesk", "7")),
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """All four apps in one sync of contacts."""
    return folder(tmp_path_factory.mktemp("config"), "http://127.0.0.1:8765", "sqlite:///syncer.db")


@dataclass
class Desk:
    receiving: Receiving
    told: list[tuple[str, LinkKey]] = field(default_factory=list)
    now: float = NOW


@pytest.fixture
def desk(config: Config) -> Desk:
    def tell(sync: str, records: list[LinkKey]) -> None:
        made.told += [(sync, record) for record in records]

    receiving = Receiving(config, lambda app: (HOOKS[app], [SECRET]), tell, lambda: made.now)  # type: ignore[arg-type]
    made = Desk(receiving)
    return made


apps = pytest.mark.parametrize("app", SIGNED)


@apps
def test_what_is_right_is_a_hint_of_where_to_look(desk: Desk, app: str) -> None:
    assert desk.receiving.take(app, SIGNED[app](BODIES[app])) == "taken"
    assert desk.told == [TOLD[app]]


def forged(call: HookCall) -> HookCall:
    return replace(call, body=call.body.replace(b"7", b"8"))


Change = Callable[[Signed, bytes], HookCall]
REFUSED: dict[str, tuple[str, Change]] = {
    "forged: signed with another secret": ("forged", lambda signed, body: signed(body, "another")),
    "forged: signed without a secret": ("forged", lambda signed, body: signed(body, "")),
    "forged: the body was changed": ("forged", lambda signed, body: replace(signed(body), body=body + b" ")),
    "forged: no signature": ("forged", lambda signed, body: replace(signed(body), headers={})),
    "forged: the signature is cut": (
        "forged",
        lambda signed, body: replace(
            signed(body), headers={k: v[:-3] for k, v in signed(body).headers.items()}
        ),
    ),
    "late": ("late", lambda signed, body: signed(body, at=NOW - 301)),
    "ahead of its time": ("late", lambda signed, body: signed(body, at=NOW + 301)),
    "oversized": ("oversized", lambda signed, body: signed(body + b" " * LARGEST)),
    "malformed: nothing": ("malformed", lambda signed, body: signed(b"")),
    "malformed: not text": ("malformed", lambda signed, body: signed(b"\xff\xfe\x00")),
    "malformed: cut": ("malformed", lambda signed, body: signed(body[: len(body) // 3])),
    "malformed: another shape": ("malformed", lambda signed, body: signed(b'{"id": {"a": 1}, "events": 5}')),
    "malformed: ids that are none": (
        "malformed",
        lambda signed, body: signed(
            body.replace(b"7", b'"x"')
            .replace(b'""x""', b'"x"')
            .replace(b"%40", b"")
            .replace(b'zen:user:"x"', b"zen:user:x")
        ),
    ),
}


# MailerLite signs no time: what is late there cannot be told.
CASES = {
    f"{app}, {name}": (app, *case)
    for app in SIGNED
    for name, case in REFUSED.items()
    if (app, case[0]) != ("mailerlite", "late")
}


@pytest.mark.parametrize(("app", "outcome", "change"), CASES.values(), ids=CASES.keys())
def test_what_is_not_right_is_not_taken(desk: Desk, app: str, outcome: str, change: Change) -> None:
    assert desk.receiving.take(app, change(SIGNED[app], BODIES[app])) == outcome
    assert desk.told == []


@apps
def test_what_was_taken_is_not_taken_again(desk: Desk, app: str) -> None:
    call = SIGNED[app](BODIES[app])
    desk.receiving.take(app, call)
    assert desk.receiving.take(app, call) == "replayed"
    assert desk.receiving.take(app, replace(call, headers={**call.headers, "x-other": "1"})) == "replayed"
    assert len(desk.told) == 1


@apps
def test_what_was_taken_is_not_taken_again_after_a_start(tmp_path: Path, desk: Desk, app: str) -> None:
    """Nor after a crash: only what is noted once the call is answered counts."""
    state = f"sqlite:///{tmp_path}/state.db"
    call = SIGNED[app](BODIES[app])
    desk.receiving.repeats = Repeats(state, NOW)
    assert desk.receiving.take(app, call) == "taken"
    desk.receiving.repeats.keep()
    desk.receiving.repeats = Repeats(state, NOW + 200)
    assert desk.receiving.take(app, call) == "replayed"
    desk.receiving.repeats = Repeats(state, NOW + REMEMBERED + 1)
    assert desk.receiving.repeats.new(app, call, NOW + REMEMBERED + 1)


def test_what_the_state_does_not_take_now_is_noted_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = f"sqlite:///{tmp_path}/state.db"
    first, second = hubspot(BODIES["hubspot"]), mailchimp(BODIES["mailchimp"])

    def busy(state: str, calls: object) -> None:
        raise StateError("the disk is full")

    made = Repeats(state, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(repeats, "_write", busy)
        assert made.new("hubspot", first, NOW)
        made.keep()
    assert Repeats(state, NOW).new("hubspot", first, NOW)
    assert made.new("mailchimp", second, NOW + 1)
    made.keep()
    again = Repeats(state, NOW + 2)
    assert [again.new("hubspot", first, NOW + 2), again.new("mailchimp", second, NOW + 2)] == [False, False]


@apps
def test_a_call_is_for_one_app_alone(desk: Desk, app: str) -> None:
    for other in SIGNED.keys() - {app}:
        assert desk.receiving.take(other, SIGNED[app](BODIES[app])) == "forged"


def test_an_app_that_is_not_ours_is_unknown(desk: Desk) -> None:
    assert desk.receiving.take("other", hubspot(BODIES["hubspot"])) == "unknown"


def test_without_a_secret_nothing_is_taken(desk: Desk) -> None:
    desk.receiving.hooks = lambda app: (HOOKS[app], [])
    assert {desk.receiving.take(app, SIGNED[app](BODIES[app], "")) for app in SIGNED} == {"forged"}


def test_one_call_does_not_name_everybody(desk: Desk) -> None:
    many = [{"subscriptionType": "contact.creation", "objectId": n + 1} for n in range(MOST + 1)]
    assert desk.receiving.take("hubspot", hubspot(orjson.dumps(many))) == "malformed"


def test_what_is_not_kept_in_step_is_passed_over(desk: Desk) -> None:
    events = [
        {"subscriptionType": "deal.creation", "objectId": 1},
        {"subscriptionType": "company.merge", "objectId": 2},
    ]
    assert desk.receiving.take("hubspot", hubspot(orjson.dumps(events))) == "taken"
    assert desk.told == [("companies", ("hubspot", "2"))]


def test_the_winner_of_a_merge_and_both_ends_of_an_association_are_looked_at(desk: Desk) -> None:
    event = {"subscriptionType": "contact.merge", "objectId": 1, "newObjectId": 3, "mergedObjectIds": [1, 2]}
    assert desk.receiving.take("hubspot", hubspot(orjson.dumps([event]))) == "taken"
    assert {record[1] for _, record in desk.told} == {"1", "2", "3"}


def test_what_was_taken_is_forgotten_after_a_day(desk: Desk, config: Config) -> None:
    call = mailerlite(BODIES["mailerlite"])
    desk.receiving.take("mailerlite", call)
    desk.now += 86_401
    assert desk.receiving.take("mailerlite", call) == "taken"  # it has no time; it costs a read
