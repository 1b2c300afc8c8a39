"""Field types: what each reads, what it takes for the same, and how it shows."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import BROKEN
from mappings.bind import OpenShape
from mappings.model import BadValue, Unshown, Value
from mappings.slots import HeldSlot
from mappings.types import TYPES, Choice, DateTime, Form, Kind, Money, MultiChoice, Phone, Tags

PHONE = Phone(("ID", "IR", "US"))
TAGS = Tags(("vip", "Big Spender"), "crm-")


def kind(name: str) -> Kind:
    return {"phone": PHONE, "tags": TAGS}.get(name) or TYPES[name]()


READS: list[tuple[str, Value, Value]] = [
    ("text", "  two words ", "two words"),
    ("text", "e\u0301", "é"),
    ("text", 17, "17"),
    ("text", 17.0, "17"),
    ("text", 1.5, "1.5"),
    ("text", True, "true"),
    ("text", "a\r\nb", "a\r\nb"),
    ("name", " Siti  Nurhaliza ", "Siti  Nurhaliza"),
    ("email", " Ann@Example.COM ", "ann@example.com"),
    ("phone", "+62 811-234-567", "+62811234567"),
    ("phone", "0812-3456-7890", "+6281234567890"),
    ("phone", "0912 345 6789", "+989123456789"),
    ("phone", "۰۹۱۲۳۴۵۶۷۸۹", "+989123456789"),
    ("phone", "0098 912 345 6789", "+989123456789"),
    ("phone", "+1 (415) 555-2671 ext. 12", "+14155552671 ext. 12"),
    ("phone", "(617) 234-5678", "+16172345678"),
    ("phone", "021 5555 5555", "021 5555 5555"),
    ("phone", "912 345 6789", "+19123456789"),
    ("phone", "+999 1", "+999 1"),
    ("phone", " call the office ", "call the office"),
    ("phone", "12345", "12345"),
    ("country", "Iran", "IR"),
    ("country", "Iran, Islamic Republic of", "IR"),
    ("country", "ایران", "IR"),
    ("country", "indonesia", "ID"),
    ("country", "IDN", "ID"),
    ("country", "U.S.A.", "US"),
    ("country", "Türkiye", "TR"),
    ("country", "Turkey", "TR"),
    ("country", "Viet Nam", "VN"),
    ("country", " Atlantis ", "Atlantis"),
    ("language", "en-US", "en"),
    ("language", "fa_IR", "fa"),
    ("language", "Persian", "fa"),
    ("language", "فارسی", "fa"),
    ("language", "Bahasa Indonesia", "id"),
    ("language", "in", "id"),
    ("language", "per", "fa"),
    ("language", "Klingon", "Klingon"),
    ("date", "2030-02-28", "2030-02-28"),
    ("date", "2030-02-28T00:00:00+13:00", "2030-02-28"),
    ("date", "2030-02-28T00:00:00-11:00", "2030-02-28"),
    ("date", "2030-02-28 00:00:00", "2030-02-28"),
    ("date", "2030-02-28T00:00Z", "2030-02-28"),
    ("date", "2030-2-28 0:00", "2030-02-28"),
    ("date", "2030-02-28 00:00:00.000 +0000", "2030-02-28"),
    ("date", "2030-02-28 00:00:00 UTC", "2030-02-28"),
    ("date", "2030-02-28Z", "2030-02-28"),
    ("date", "2030-02-28+07:00", "2030-02-28"),
    ("date", "1898467200000", "2030-02-28"),
    ("date", "۲۰۳۰-۰۲-۲۸", "2030-02-28"),
    ("datetime", "2030-02-28T19:30:00+07:00", "2030-02-28T12:30:00Z"),
    ("datetime", "2030-02-28 12:30:00", "2030-02-28T12:30:00Z"),
    ("datetime", "2030-02-28T12:30:00.987Z", "2030-02-28T12:30:00Z"),
    ("datetime", 1898512200, "2030-02-28T12:30:00Z"),
    ("money", "USD 12.50", "12.5 USD"),
    ("money", "1,250.00 eur", "1250 EUR"),
    ("money", "12,345,678.9 USD", "12345678.9 USD"),
    ("address", " 1 Main St, \r\n\n Jakarta ", "1 Main St\nJakarta"),
    ("json", '{"b": 1.0, "a": [true, null]}', '{"a":[true,null],"b":1}'),
    ("json", "null", None),
    ("multi_choice", ["BIG one", "small", "big-one"], ["big_one", "small"]),
    ("choice", "COMPUTER_SOFTWARE", "computer_software"),
    ("choice", "Computer - Software", "computer_software"),
    ("tags", ["VIP", "other", "crm-Lead", "big spender", "vip"], ["Big Spender", "crm-lead", "vip"]),
    ("tags", ["other"], None),
    ("boolean", "Yes", True),
    ("boolean", 0, False),
    ("boolean", False, False),
    ("integer", "17.0", 17),
    ("integer", "۱۷", 17),
    ("integer", 17.0, 17),
    ("integer", 0, 0),
    ("integer", "18446744073709551615", 2**64 - 1),
    ("integer", "-9223372036854775808", -(2**63)),
    ("decimal", "012.50", "12.5"),
    ("decimal", 12.5, "12.5"),
    ("decimal", "-0.0", "0"),
    ("url", " https://Example.com/A ", "https://Example.com/A"),
    ("domain", "https://www.Example.com:443/about?x#y", "example.com"),
    ("domain", "example.com.", "example.com"),
    ("reference", 12, "12"),
    ("consent", "Subscribed", "subscribed"),
]


@pytest.mark.parametrize(("name", "value", "golden"), READS)
def test_reads(name: str, value: Value, golden: Value) -> None:
    assert kind(name).read(value) == golden
    assert type(kind(name).read(value)) is type(golden)


@pytest.mark.parametrize(
    ("regions", "golden"),
    [
        (("ID",), "+622155555555"),
        (("IR",), "+982155555555"),
        (("ID", "IR"), "021 5555 5555"),
        (("US",), "021 5555 5555"),
        ((), "021 5555 5555"),
    ],
)
def test_a_country_code_is_added_only_where_one_country_fits(regions: tuple[str, ...], golden: str) -> None:
    assert Phone(regions).read("021 5555 5555") == golden


BLANKS: list[Value] = [None, "", "  ", "\t\n"]


@pytest.mark.parametrize("value", BLANKS, ids=repr)
@pytest.mark.parametrize("name", sorted(set(TYPES) - {"tags"}))
def test_nothing_but_space_is_blank(name: str, value: Value) -> None:
    assert kind(name).read(value) is None


@pytest.mark.parametrize("value", [None, "", []], ids=repr)
def test_a_set_without_tags_is_blank(value: Value) -> None:
    assert TAGS.read(value) is None


BAD: list[tuple[str, Value]] = [
    ("text", ["a"]),
    ("email", "private.example"),
    ("email", "private@a@b"),
    ("email", "private one@example.com"),
    ("email", "private@"),
    ("boolean", "private"),
    ("integer", "17.5"),
    ("integer", "private"),
    ("integer", True),
    ("integer", "1e400"),
    ("integer", float("inf")),
    ("integer", "18446744073709551616"),
    ("integer", "-9223372036854775809"),
    ("integer", 8.962e19),
    ("decimal", "NaN"),
    ("decimal", "1e-999999"),
    ("domain", "private"),
    ("domain", "private one.example"),
    ("tags", "private"),
    ("consent", "private"),
    ("phone", ["private"]),
    ("date", "private"),
    ("date", "2030-02-30"),
    ("date", "2030-02-28T12:30:00Z"),
    ("date", "2030-02-28 7:30"),
    ("date", "2030-02-28t12:30"),
    ("date", "2030-02-28 00:00 private"),
    ("date", "2030-02-28 (or 2030-03-01)"),
    ("date", "2030-02-28/2031-02-28"),
    ("date", "2030-02-281"),
    ("date", "2030-02-28-03"),
    ("datetime", "private"),
    ("money", "12.50"),
    ("money", "12.50 XXQ"),
    ("money", "USD 12 EUR"),
    ("money", "12,50 EUR"),
    ("money", "1.250,00 EUR"),
    ("money", "1,250,00 EUR"),
    ("money", "EUR"),
    ("json", "{private"),
    ("json", "NaN"),
    ("multi_choice", "private"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_cannot_be_read_is_said_without_repeating_it(name: str, value: Value) -> None:
    with pytest.raises(BadValue, match="expected") as caught:
        kind(name).read(value)
    assert "private" not in str(caught.value)


BROKEN_WORD = f"Siti {BROKEN}"


@pytest.mark.parametrize("value", [BROKEN_WORD, [BROKEN_WORD]], ids=["text", "list"])
@pytest.mark.parametrize("name", sorted(TYPES))
def test_no_type_reads_a_broken_character(name: str, value: Value) -> None:
    with pytest.raises(BadValue):
        kind(name).read(value)


def test_a_replacement_character_of_the_apps_own_is_text() -> None:
    assert kind("text").read("Caf\ufffd") == "Caf\ufffd"


SAME: list[tuple[str, Value, Value, bool]] = [
    ("address", "1 Main St\nJakarta", "1 main st, Jakarta", True),
    ("address", "1 Main St\nJakarta", "11 Main St\nJakarta", False),
    ("money", "12.5 USD", "12.5 EUR", False),
    ("text", "a\r\nb", "a\nb", True),
    ("text", "Ann", "ann", False),
    ("name", "Siti  Nur", "Siti Nur", True),
    ("name", "علي كريمي", "علی کریمی", True),
    ("name", "می‌نا", "مینا", True),
    ("name", "ann", "Ann", False),
    ("name", "Ann", None, False),
    ("phone", "+62811234567", "+62811234568", False),
    ("country", "Atlantis", "ATLANTIS", True),
    ("country", "IR", "IQ", False),
    ("language", "Klingon", "klingon", True),
    ("url", "Example.com/", "https://example.com", True),
    ("url", "https://example.com/A", "https://example.com/a", False),
    ("tags", ["a", "b"], ["a", "b"], True),
    ("tags", ["a"], None, False),
    ("integer", 0, None, False),
    ("boolean", False, None, False),
]


@pytest.mark.parametrize(("name", "a", "b", "same"), SAME)
def test_same(name: str, a: Value, b: Value, same: bool) -> None:
    assert kind(name).same(a, b) is same
    assert kind(name).same(b, a) is same


SHOWS: list[tuple[str, Form, Value, Value]] = [
    ("phone", Form(), "+62811234567", "+62811234567"),
    ("phone", Form(format="international"), "+6281234567890", "+62 812-3456-7890"),
    ("phone", Form(format="national"), "+6281234567890", "0812-3456-7890"),
    ("phone", Form(format="national"), "+442079460000", "+44 20 7946 0000"),
    ("phone", Form(format="national"), "call the office", "call the office"),
    ("country", Form(), "IR", "Iran"),
    ("country", Form(), "RU", "Russia"),
    ("country", Form(as_="code"), "IR", "IR"),
    ("country", Form(), "Atlantis", "Atlantis"),
    ("language", Form(), "en", "en"),
    ("language", Form(as_="locale"), "en", "en-US"),
    ("language", Form(as_="locale"), "fa", "fa"),
    ("language", Form(as_="locale", values={"en": "en-GB"}), "en", "en-GB"),
    ("language", Form(as_="locale", options=("en-gb", "fa")), "en", "en-gb"),
    ("choice", Form(options=("COMPUTER_SOFTWARE",)), "computer_software", "COMPUTER_SOFTWARE"),
    ("choice", Form(values={"retail": "shops"}), "retail", "shops"),
    ("choice", Form(options=("A",)), "unknown", "unknown"),
    ("integer", Form(as_="text"), 17, "17"),
    ("integer", Form(), 17, 17),
    ("boolean", Form(as_="text"), False, "false"),
    ("decimal", Form(), "12.5", 12.5),
    ("decimal", Form(), "0.12345678901234567890", "0.12345678901234567890"),
    ("decimal", Form(as_="text"), "12.5", "12.5"),
]


@pytest.mark.parametrize(("name", "form", "golden", "shown"), SHOWS)
def test_shows(name: str, form: Form, golden: Value, shown: Value) -> None:
    assert kind(name).shower(form)(golden) == shown


def test_a_choice_is_read_back_by_the_apps_own_words() -> None:
    read = kind("choice").reader(Form(values={"retail": "Shops"}))
    assert [read("shops"), read("retail"), read("other"), read(None)] == ["retail", "retail", "other", None]


def test_every_country_reads_back_from_its_name() -> None:
    country = kind("country")
    import pycountry

    codes = [c.alpha_2 for c in pycountry.countries]
    assert [country.read(country.show(code)) for code in codes] == codes


def test_every_type_says_what_is_the_same_and_what_is_blank() -> None:
    for type in TYPES.values():
        assert "Same:" in (type.__doc__ or ""), type.name
        assert "Blank:" in (type.__doc__ or ""), type.name


@pytest.mark.parametrize(
    ("kind", "form", "golden", "shown"),
    [
        (TYPES["date"](), Form(format="DD/MM/YYYY"), "2030-02-28", "28/02/2030"),
        (TYPES["date"](), Form(format="MM/DD/YYYY"), "2030-02-03", "02/03/2030"),
        (TYPES["date"](), Form(format="epoch_ms"), "1972-05-05", 73872000000),
        (TYPES["date"](), Form(format="epoch_ms"), "1969-12-31", -86400000),
        (TYPES["date"](), Form(format="epoch_ms"), "1970-01-01", 0),
        (TYPES["date"](), Form(format="epoch"), "2030-02-28", 1898467200),
        (DateTime("Asia/Jakarta"), Form(format="local"), "2030-02-28T12:30:00Z", "2030-02-28 19:30:00"),
        (DateTime(), Form(format="epoch_ms"), "2030-02-28T12:30:00Z", 1898512200000),
        (DateTime(), Form(format="epoch_ms"), "1972-05-05T00:00:00Z", 73872000000),
        (DateTime(), Form(format="epoch_ms"), "1969-12-31T23:59:59Z", -1000),
        (DateTime(), Form(format="epoch"), "1972-05-05T00:00:00Z", 73872000),
        (DateTime(), Form(format="epoch"), "1970-01-01T00:00:00Z", 0),
        (Money("USD"), Form(as_="amount"), "12.5 USD", 12.5),
        (Money("USD"), Form(as_="amount"), "12.5 EUR", "12.5 EUR"),
        (TYPES["address"](), Form(as_="line"), "1 Main St\nJakarta", "1 Main St, Jakarta"),
        (MultiChoice(), Form(values={"big": "B", "small": "S"}), ["big", "small"], ["B", "S"]),
    ],
)
def test_a_form_shows_and_reads_back(kind: Kind, form: Form, golden: Value, shown: Value) -> None:
    assert kind.shower(form)(golden) == shown
    assert kind.same(kind.reader(form)(shown), golden)


def test_a_declared_unit_counts_and_not_the_size_of_the_number() -> None:
    read = DateTime().reader(Form(format="epoch"))
    with pytest.raises(BadValue, match="usual size"):
        read(1898512200000)
    assert read("2030-02-28T12:30:00Z") == "2030-02-28T12:30:00Z"
    assert read("") is None
    day = TYPES["date"]().reader(Form(format="epoch_ms"))
    assert day("1972-05-05") == "1972-05-05"
    with pytest.raises(BadValue, match="time of day"):
        day(73872000001 + 3_600_000)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"])
def test_a_day_stays_that_day_in_every_zone(zone: str) -> None:
    there = ZoneInfo(zone)
    for day in (date(2030, 1, 1), date(2030, 3, 10), date(2030, 12, 31)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=there)
        assert TYPES["date"]().read(midnight.isoformat()) == day.isoformat()


def test_unknown_choices_are_held_where_the_mapping_says_so() -> None:
    form = Form(values={"big": "B"}, options=("B", "S"))
    strict = Choice("hold")
    assert strict.reader(form)("B") == "big"
    assert strict.held(form) == {"big", "b", "s"}
    with pytest.raises(BadValue):
        strict.reader(form)("XL")
    slot = HeldSlot(
        "app", OpenShape("f"), ("f",), strict, strict.reader(form), strict.shower(form), frozenset({"big"})
    )
    with pytest.raises(Unshown):
        slot.project({"f": "huge"}, "S")
    assert slot.project({"f": "big"}, "S") == "B"
    assert MultiChoice("hold").reader(form)(["B", "XL"]) == ["big"]
    assert MultiChoice("hold").shower(form)(["big", "huge"]) == ["B"]
