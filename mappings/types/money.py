"""Amounts of money, with their currency."""

from __future__ import annotations

import re
from functools import cache

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, Shower, latin_digits, text_of
from mappings.types.numbers import Decimal

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_AMOUNT = re.compile(rf"(?:([A-Za-z]{{3}})\s*)?({_NUMBER})(?:\s*([A-Za-z]{{3}}))?")


class Money(Kind):
    """An amount with its currency. Golden is ``12.5 USD``. Reads a number in the field's `currency`, and a
    text with a currency of its own (``USD 12.50``, ``12.50 USD``, ``1,250.00 USD``); one without any currency
    is a bad value, and so is one with a decimal comma.
    Same: the same amount in the same currency; nothing is converted. Blank: nothing but space; 0 is a value.
    Shown as ``12.5 USD``, or with ``as: amount`` as a number: then a value in another currency than the
    field's is sent as text, which a number field refuses by name."""

    name = "money"
    shows = ("text", "amount")

    def __init__(self, currency: str = "") -> None:
        self.currency = currency

    def read(self, value: Value) -> Value:
        if isinstance(value, bool):
            raise BadValue("expected an amount of money")
        text = text_of(value)
        if text is None:
            return None
        found = _AMOUNT.fullmatch(latin_digits(text))
        if found is None or (found[1] and found[3]):
            raise BadValue("expected an amount such as 12.50 USD")
        currency = (found[1] or found[3] or self.currency).upper()
        if not currency:
            raise BadValue("expected a currency beside the amount")
        if currency not in currencies():
            raise BadValue("expected a currency by its three letters")
        amount = Decimal().read(found[2].replace(",", ""))
        return f"{amount} {currency}"

    def shower(self, form: Form) -> Shower:
        if form.as_ != "amount":
            return self.show
        number = Decimal()

        def show(golden: Value) -> Value:
            amount, _, currency = str(golden).partition(" ")
            return number.show(amount) if currency == self.currency else golden

        return show


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)
