"""What is drawn from: for each type what a mapping may say of it, and the forms in which apps keep it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Value

Typed = Callable[[random.Random], Value]


@dataclass(frozen=True, slots=True)
class Form:
    """How an app keeps a field: what people type there, what the mapping says of the place, and what the app
    tells of its field (as `FieldSpec` has it)."""

    typed: Typed
    place: str
    spec: Mapping[str, Any]


def form(typed: Typed, place: str = "", **spec: Any) -> Form:
    return Form(typed, place, spec)


def one_of(*values: Value) -> Typed:
    return lambda rng: rng.choice(values)


def some_of(*words: str) -> Typed:
    return lambda rng: rng.sample(words, rng.randint(1, len(words)))


def either(*typed: Typed) -> Typed:
    return lambda rng: rng.choice(typed)(rng)


def as_text(typed: Typed) -> Typed:
    return lambda rng: str(typed(rng))


# -- what people type -------------------------------------------------------------------------------------

WORDS = ("Alpha", "beta two", "Gamma ray tube", "delta", "Epsilon and more text", "eta-1")


def words(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)} {rng.randrange(1000)}"


def number(rng: random.Random) -> int | float:
    return rng.choice((0, rng.randrange(100), rng.randrange(100) / 4, -rng.randrange(50)))


def whole(rng: random.Random) -> int:
    return rng.randrange(-5, 20)


def moment(rng: random.Random) -> datetime:
    return day(rng).replace(hour=rng.randrange(24), minute=rng.randrange(60), second=rng.randrange(60))


def day(rng: random.Random) -> datetime:
    return datetime(rng.randrange(1965, 2035), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)


def written(when: Callable[[random.Random], datetime], form: str) -> Typed:
    return lambda rng: when(rng).strftime(form)


def seconds(when: Callable[[random.Random], datetime], times: int = 1) -> Callable[[random.Random], int]:
    return lambda rng: int(when(rng).timestamp()) * times


def street(between: str) -> Typed:
    return lambda rng: f"{rng.randrange(100)} Main St{between}Jakarta {rng.randrange(9)}"


ISO_DAY, ISO = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
PLANS = one_of("free", "Pro", "TEAM plan", "gold")
PAID = "values: {free: basic, pro: paid}"
YES_NO = one_of(True, False)
NATIONS = one_of("Iran", "ID", "Indonesia", "DE", "germany", "UK", "Atlantis", "USA", "Brunei")
PHONES = one_of("0811234567", "+62 811 234 568", "0812-3456-7890", "+1 206 832 2354", "nope")

# -- the types --------------------------------------------------------------------------------------------

UNKNOWN = ("", "unknown: pass", "unknown: hold")
SAID: Mapping[str, tuple[str, ...]] = {
    "choice": UNKNOWN,
    "multi_choice": UNKNOWN,
    "tags": ("only: [VIP, partner, trial]", 'prefix: "crm-"'),
    "money": ("currency: USD",),
    "datetime": ("", "zone: Asia/Jakarta", "zone: Europe/Berlin"),
    "phone": ("region: ID", "region: [ID, IR]"),
}
SETS = ("tags", "multi_choice")

FORMS: Mapping[str, tuple[Form, ...]] = {
    "text": (
        form(words),
        form(words, coerce=("trim", "lower")),
        form(words, coerce=("cut:8",)),
        form(words, max_length=18),
        form(words, default="dflt"),
        form(either(words, one_of("n/a")), 'transform: [{default: "n/a"}]'),
        form(either(words, lambda rng: f"CRM-{words(rng)}"), 'transform: [{prefix: "CRM-"}]'),
        form(words, "transform: [{case: upper}]"),
        form(words, 'transform: [{truncate: {length: 12, mark: "..."}}]'),
        form(one_of("Basic", "Pro", "free"), "transform: [{map: {free: Basic, paid: Pro}}, {default: none}]"),
        form(words, 'transform: [trim, {template: "Tel. {}"}, {case: lower}]'),
        form(lambda rng: [words(rng) for _ in range(rng.randint(1, 2))], "pick: first", kind="multi"),
    ),
    "choice": (
        form(PLANS),
        form(one_of("free", "pro", "team_plan"), kind="choice", options=("free", "pro", "team_plan")),
        form(one_of("Free", "Pro", "Team Plan"), kind="choice", options=("Free", "Pro", "Team Plan")),
        form(one_of("basic", "paid", "x"), PAID, kind="choice", options=("basic", "paid", "x")),
        form(one_of("basic", "paid", "gold", "free"), PAID),
        form(YES_NO, 'values: {free: "false", pro: "true"}', kind="boolean"),
        form(PLANS, coerce=("lower",)),
        form(PLANS, 'transform: [{default: "n/a"}]'),
    ),
    "boolean": (
        form(YES_NO, kind="boolean"),
        form(YES_NO, kind="boolean", default=False),
        form(one_of("yes", "no", "true", "False", "1", "maybe"), "as: text"),
        form(one_of(0, 1), kind="integer"),
    ),
    "integer": (
        form(whole, kind="integer"),
        form(whole, kind="integer", default=0),
        form(either(whole, one_of(3.0, 1.5)), kind="decimal"),
        form(either(as_text(whole), one_of("17.0", "x")), "as: text"),
    ),
    "decimal": (
        form(number, kind="decimal"),
        form(as_text(number), "as: text"),
        form(as_text(number), "as: text", coerce=("cut:3",)),
        form(whole, kind="integer"),
    ),
    "money": (
        form(either(as_text(number), lambda rng: f"{abs(number(rng))} USD", one_of("EUR 5", "1,250.00 USD"))),
        form(number, "as: amount", kind="decimal"),
        form(either(as_text(number), one_of("12.50 EUR")), "as: amount"),
    ),
    "date": (
        form(written(day, ISO_DAY), kind="date"),
        form(written(day, ISO), kind="datetime"),
        form(either(written(day, "%d/%m/%Y"), written(day, ISO_DAY)), "format: DD/MM/YYYY"),
        form(as_text(seconds(day)), "format: epoch"),
        form(as_text(seconds(day, 1000)), "format: epoch_ms"),
        form(either(written(day, ISO_DAY), one_of("soon"))),
    ),
    "datetime": (
        form(written(moment, ISO), kind="datetime"),
        form(written(moment, "%Y-%m-%d %H:%M:%S"), "format: local"),
        form(written(moment, "%Y-%m-%dT%H:%M"), coerce=("cut:16",)),
        form(seconds(moment), "format: epoch", kind="integer"),
        form(
            lambda rng: seconds(moment, 1000)(rng) + rng.randrange(1000), "format: epoch_ms", kind="integer"
        ),
    ),
    "country": (
        form(NATIONS),
        form(NATIONS, coerce=("cut:5",)),
        form(NATIONS, coerce=("lower",)),
        form(NATIONS, "transform: [{case: upper}]"),
        form(one_of("ID", "DE", "US", "Atlantis"), "as: code"),
        form(one_of("ID", "DE", "US"), 'as: code, transform: [{default: "--"}]'),
        form(one_of("Indonesia", "Germany"), kind="choice", options=("Indonesia", "Germany")),
    ),
    "language": (
        form(one_of("en", "fa_IR", "German", "de", "en-GB", "Klingon")),
        form(
            one_of("en-US", "en-GB", "de"),
            "as: locale, values: {en: en-GB}",
            kind="choice",
            options=("en-US", "en-GB", "de"),
        ),
        form(one_of("en-US", "de-DE", "fa-IR"), "as: locale", default="en-US"),
    ),
    "phone": (
        form(PHONES),
        form(PHONES, "format: international"),
        form(PHONES, "format: national"),
        form(PHONES, coerce=("digits",)),
        form(PHONES, coerce=("digits", "cut:9")),
    ),
    "address": (
        form(street("\n")),
        form(street(", "), "as: line"),
        form(street(", "), "as: line", coerce=("cut:12",)),
    ),
    "url": (
        form(one_of("HTTPS://Example.com/", "example.com", "https://x.test/1/", "https://x.test/2")),
        form(one_of("https://x.test/A1", "https://x.test/A2"), coerce=("lower",)),
    ),
    "json": (form(one_of('{"b": 1.0, "a": []}', '{"a":[],"b":1}', "[1, 2]", "nojson", "null", "false")),),
    "multi_choice": (
        form(some_of("BIG one", "small", "mid"), kind="multi"),
        form(some_of("big_one", "small"), kind="multi", options=("big_one", "small")),
        form(some_of("B", "small"), "values: {big_one: B}", kind="multi", options=("B", "small", "other")),
        form(some_of("B", "M", "small", "big_one"), "values: {big_one: B, mid: M}", kind="multi"),
    ),
    "tags": (
        form(some_of("vip", "Partner", "trial", "own1", "crm-a", "CRM-b"), kind="multi"),
        form(some_of("VIP", "partner", "own2", "crm-a", "crm-b"), kind="multi"),
    ),
}
