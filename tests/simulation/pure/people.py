"""What people do in the apps: type, clear, retype, opt in and out, archive, make records."""

from __future__ import annotations

import random
from collections.abc import Sequence

from connectors.contract import Value
from tests.simulation.pure.apps import Held, SimApp
from tests.simulation.pure.settings import TAGS

WORDS = ("Ada", "Bruno", "Chandra", "Dewi Sri", "Emmanuelle", "Farhad", "Gita", "Hans Peter")
CONSENT = {
    "full": ("subscribed", "subscribed", "unsubscribed", "unsubscribed", "pending", "bounced", None),
    "status": ("active", "active", "out", "out", "waiting", "bounced"),
    "opt-out": ("true", None),
}


class Typist:
    """Makes values that a person could type into a slot; most are new, some are what stands elsewhere."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.count = 0

    def fresh(self, slot: str) -> Value:
        """A value that nobody has typed yet."""
        rng = self.rng
        self.count += 1
        if slot == "phone":
            number = f"+62812{3000000 + self.count * 137 + rng.randrange(100)}"
            return f"{number[:3]} {number[3:6]}-{number[6:]}" if rng.random() < 0.4 else number
        word = f"{rng.choice(WORDS)}{self.count}"
        if slot == "name":
            return f"{word} {rng.choice(WORDS)}{self.count}"
        return f" {word} " if rng.random() < 0.1 else word

    def retyped(self, slot: str, others: Sequence[Value]) -> Value:
        """A variant of what stands in some record: as it is, or in another form."""
        rng = self.rng
        text = str(rng.choice(others))
        form = rng.randrange(6)
        if slot == "phone":
            return text.replace("-", "").replace(" ", "") if form < 3 else text
        if form == 0:
            return text.lower()
        if form == 1:
            return text[: rng.randint(3, 8)]
        return f"{text}x" if form == 2 else text

    def typed(self, app: SimApp, slot: str, held: Held, family: Sequence[Held]) -> Value:
        """What somebody types into this slot; `family` are all records of the same person."""
        rng = self.rng
        if slot == "tags":
            now = held.values[slot]
            tags = set(now if isinstance(now, list) else [])
            tags.symmetric_difference_update(rng.sample(TAGS, rng.randint(1, 2)))
            return sorted(tags) or None
        if slot == "consent":
            spec = app.traits.fields[slot]
            style = "full" if spec.kind == "choice" else "status" if len(spec.consent) > 1 else "opt-out"
            return rng.choice(CONSENT[style])
        if rng.random() < 0.13:
            return None
        others = [h.values[slot] for h in family if h.values.get(slot) is not None]
        if others and rng.random() < 0.3:
            return self.retyped(slot, others)
        return self.fresh(slot)
