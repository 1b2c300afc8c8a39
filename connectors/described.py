"""What an app declared of its objects, kept for the calls that go by it."""

from __future__ import annotations

from collections.abc import Callable

from connectors.contract import ObjectSpec


class Described:
    """Object -> its description. `ask` gets one from the app; whoever wants to know what the app has now,
    asks anew."""

    def __init__(self, ask: Callable[[str], ObjectSpec]) -> None:
        self._ask = ask
        self._specs: dict[str, ObjectSpec] = {}

    def anew(self, object: str) -> ObjectSpec:
        spec = self._specs[object] = self._ask(object)
        return spec

    def of(self, object: str) -> ObjectSpec:
        """As it was last asked for or taken over; asked for where it never was."""
        return self._specs.get(object) or self.anew(object)

    def keep(self, spec: ObjectSpec) -> None:
        self._specs[spec.name] = spec

    def forget(self, object: str) -> None:
        self._specs.pop(object, None)
