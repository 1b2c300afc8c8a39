"""Keeps the calls of one connection within the app's limits, as published and as its answers state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.budget import LocalBudget, Rate, RateHeaders
from connectors.contract import Options, Unavailable
from connectors.settings import is_loopback, less, own_rates

PATIENCE: Final = 150.0  # a longer pause is left to a later run, seconds


class Pace:
    """What a call has to wait for. `stated`: the headers in which the app tells its limits."""

    def __init__(
        self, options: Options, title: str, base: str, rates: Sequence[Rate], stated: Sequence[RateHeaders]
    ) -> None:
        self._title = title
        self._sleep = options.sleep
        self._reserve = options.reserve
        self._budget = options.budget or LocalBudget()
        self._published = {rate.name: rate for rate in rates}
        self._stated = stated
        self._simulated = is_loopback(base)
        self._own = "rate_limit" in options.settings
        self.rates = own_rates(rates, options, base)

    def keep(self, classes: Sequence[str]) -> None:
        """Sleep until a call of these classes may be made. Raises `Unavailable` where that is too long."""
        for name in classes:
            rate = self.rates.get(name)
            if rate is None:
                continue
            seconds = self._budget.wait(name, rate.limit, rate.window)
            if seconds > PATIENCE:
                why = (
                    f"{self._title} allows no call for another {seconds / 60:.0f} minutes. Later runs go on."
                )
                raise Unavailable(why, seconds)
            if seconds > 0:
                self._sleep(seconds)

    def hold(self, classes: Sequence[str], seconds: float) -> None:
        """The app asked for a pause."""
        for name in classes:
            self._budget.hold(name, seconds)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Take over the limits that an answer states. Where others have used up half of what is reserved for
        them, pause until their calls are back."""
        for names in self._stated:
            said = names.read(headers)
            if said.limit is None:
                continue
            published = self._published.get(names.rate)
            window = said.window or (published.window if published and not self._simulated else None)
            if names.adopt and window and not self._own:
                self._adopt(Rate(names.rate, said.limit, window))
            pause = said.resets or names.pause or window
            if said.left is not None and pause and said.left * 2 <= said.limit * self._reserve:
                self._budget.hold(names.rate, pause)

    def _adopt(self, rate: Rate) -> None:
        """A simulated app may run at another pace: all its windows are then shorter by the same share."""
        kept = less(rate, self._reserve)
        if self.rates.get(rate.name) == kept:
            return
        published = self._published.get(rate.name)
        if self._simulated and published:
            scale = rate.window / published.window
            for other in self._published.values():
                self.rates[other.name] = less(replace(other, window=other.window * scale), self._reserve)
        self.rates[rate.name] = kept
