"""References to other objects, and marketing consent."""

from __future__ import annotations

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, text_of

STATES = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")


class Reference(Kind):
    """The id of another golden record (in an app: of the record it stands for). Same: equal ids, as text.
    Blank: nothing but space."""

    name = "reference"


class Consent(Kind):
    """May we send marketing mail: subscribed, pending, unsubscribed, bounced, complained or erased. Same:
    equal states. Blank: the app does not say; that is never an opt-out, nor an opt-in."""

    name = "consent"
    maps = True

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        if text.lower() not in STATES:
            raise BadValue("expected a state of consent")
        return text.lower()

    def app_values(self, form: Form) -> tuple[dict[str, str], dict[str, str]]:
        """For an app whose own field says nothing of consent: (app value -> state, state -> app value), by
        the mapping's `values`, else by the states' own names among the app's options. A value that stands
        for several states reads as the least restrictive of them."""
        names = form.values or {s: s for s in STATES if not form.options or s in form.options}
        states: dict[str, str] = {}
        for state in STATES:
            if state in names:
                states.setdefault(names[state].lower(), state)
        return states, dict(names)
