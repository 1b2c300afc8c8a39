"""A simulated Mailchimp account: its audiences, its asynchronous batches, and the mails it has sent."""

from __future__ import annotations

from connectors.mailchimp.sandbox.answers import missing
from connectors.mailchimp.sandbox.audience import Audience, Member
from connectors.sandbox.clock import Clock
from connectors.sandbox.limits import Limits
from connectors.sandbox.tokens import TokenServer
from connectors.sandbox.wire import Call, Json, Mode

ACCOUNT_ID = "5bd1fa0b6a0dbd2ab7e3ae5ba"
NEWSLETTER, EVENTS = "b2a9f0c4d1", "c7e31d8a05"


class Account:
    """`mails` counts opt-in mails sent to people; `automations` what a change of tags has set off."""

    def __init__(self, clock: Clock, mode: Mode, limits: Limits) -> None:
        self.clock = clock
        self.mode = mode
        self.limits = limits
        self.tokens = TokenServer("mailchimp", clock, mode)
        self.audiences = {
            NEWSLETTER: Audience(NEWSLETTER, "Newsletter", clock, mode, 1),
            EVENTS: Audience(EVENTS, "Events", clock, mode, 5_000_001),
        }
        self.batches: dict[str, Json] = {}
        self.mails = 0
        self.automations = 0

    def audience(self, call: Call) -> Audience:
        """The audience in the call's path."""
        found = self.audiences.get(call.args["list"])
        if found is None:
            raise missing()
        return found

    def member(self, call: Call) -> tuple[Audience, Member]:
        """The member in the call's path. Who was never there and who was deleted for good look the same."""
        audience = self.audience(call)
        found = audience.find(call.args["key"])
        if found is None:
            raise missing()
        return audience, found
