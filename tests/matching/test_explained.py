"""What is said of a pair: what they have in common, and how far."""

from __future__ import annotations

import pytest

from syncer.matching.keys import keys_of, restored
from syncer.matching.matcher import explained
from syncer.matching.traits import Traits
from tests.matching.background import traits

MAILS = {
    "the same": ("ines@x.example", "Ines@X.example", "the same e-mail address"),
    "a tag": (
        "ines+tag@x.example",
        "ines@x.example",
        "the same e-mail address, but for what stands behind the plus",
    ),
    "two tags": (
        "ines+a@x.example",
        "ines+b@x.example",
        "the same e-mail address, but for what stands behind the plus",
    ),
    "dots that the provider ignores": (
        "i.nes@gmail.com",
        "ines@googlemail.com",
        "the same e-mail address, in another spelling",
    ),
    "a mistyped provider": (
        "ines@gmial.com",
        "ines@gmail.com",
        "the same e-mail address, in another spelling",
    ),
}


def known(app: str, mail: str) -> Traits:
    """As the index of the state gives them back."""
    keys = keys_of(app, "1", {"email": mail, "first": "Ines"}, {}, ["email"], ["first", "last"])
    return restored(app, "1", None, [(kind, key) for kind, key, _, _ in keys.stored()], ["email"])


@pytest.mark.parametrize(("one", "other", "said"), MAILS.values(), ids=MAILS.keys())
def test_what_two_addresses_have_in_common_is_said_exactly(one: str, other: str, said: str) -> None:
    for pair in (
        (known("crm", one), known("desk", other)),
        (traits("crm", "1", name="Ines", email=one), traits("desk", "1", name="Ines", email=other)),
    ):
        assert said in [what for what, _ in explained(*pair).parts]
