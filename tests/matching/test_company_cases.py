"""Companies: every kind of noise, and every pair that is hard to tell apart, by name; all in one batch."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.matching import names
from syncer.matching.matcher import Matched, match
from syncer.matching.traits import Traits, company

Values = dict[str, str]

ONE: dict[str, tuple[Values, Values]] = {
    "legal form, one domain": (
        {"name": "Nordwind Logistik GmbH", "domain": "nordwind-logistik.example"},
        {"name": "Nordwind Logistik", "domain": "nordwind-logistik.example"},
    ),
    "www and capitals in the domain": (
        {"name": "Quillon Press", "domain": "WWW.quillon.example", "city": "York"},
        {"name": "Quillon Press Ltd.", "domain": "quillon.example", "city": "York"},
    ),
    "a place added to the name": (
        {"name": "Hartmann Maschinenbau", "domain": "hartmann-mb.example", "phone": "+49 341 2223300"},
        {"name": "Hartmann Maschinenbau Leipzig GmbH", "domain": "hartmann-mb.example"},
    ),
    "legal forms of two languages": (
        {"name": "PT Garuda Samudra Tbk", "city": "Surabaya", "phone": "+62 31 5550101"},
        {"name": "Garuda Samudra", "city": "Surabaya", "phone": "031 5550101"},
    ),
    "a legal form with dots": (
        {"name": "Officine Tarrocchi S.r.l.", "city": "Torino"},
        {"name": "Officine Tarrocchi", "city": "Turin"},
    ),
    "a partnership of two legal forms": (
        {"name": "Brennecke & Co. KG", "domain": "brennecke.example"},
        {"name": "Brennecke GmbH & Co KG", "domain": "brennecke.example"},
    ),
    "and written as a sign": (
        {"name": "Thornbury & Sons Ltd", "phone": "+44 1904 555010", "city": "York"},
        {"name": "Thornbury and Sons", "phone": "01904 555010", "city": "York"},
    ),
    "accents": (
        {"name": "Société Forêt-Noire", "city": "Besançon", "phone": "+33 3 81 55 01 02"},
        {"name": "Societe Foret Noire SARL", "city": "Besancon", "phone": "03 81 55 01 02"},
    ),
    "umlauts written out": (
        {"name": "Möbelhaus Grüning AG", "city": "Düsseldorf"},
        {"name": "Moebelhaus Gruening", "city": "Duesseldorf"},
    ),
    "the Persian word for company": (
        {"name": "شرکت پارس‌نیرو", "phone": "+98 21 8855 0110", "city": "تهران"},
        {"name": "پارس نیرو", "phone": "۰۲۱۸۸۵۵۰۱۱۰", "city": "تهران"},
    ),
    "a typo in the name, one phone": (
        {"name": "Rosenquist Elektronik", "phone": "+46 8 5550 0130", "city": "Uppsala"},
        {"name": "Rosenquist Elektronkik AB", "phone": "08 5550 0130", "city": "Uppsala"},
    ),
    "a rare name in one city": (
        {"name": "Zwiebelfisch Druckerei GmbH", "city": "Celle", "country": "Germany"},
        {"name": "Zwiebelfisch Druckerei", "city": "Celle", "country": "Germany"},
    ),
    "one phone, no domain": (
        {"name": "Kestrel Aviation", "phone": "+1 907 555 0140"},
        {"name": "Kestrel Aviation Inc.", "phone": "(907) 555-0140", "domain": "kestrel-air.example"},
    ),
    "capitals": (
        {"name": "ATELIER DELPHINE", "domain": "atelier-delphine.example"},
        {"name": "Atelier Delphine", "domain": "atelier-delphine.example"},
    ),
}

TWO: dict[str, tuple[Values, Values]] = {
    "one name in two countries": (
        {"name": "Apex Consulting", "country": "United States", "city": "Denver", "domain": "apex.example"},
        {"name": "Apex Consulting Ltd", "country": "United Kingdom", "city": "Leeds"},
    ),
    "one name, other domains": (
        {"name": "Sunrise Trading LLC", "domain": "sunrise-trading.example", "city": "Austin"},
        {"name": "Sunrise Trading", "domain": "sunrisetrading-lagos.example", "city": "Lagos"},
    ),
    "subsidiaries at the parent's domain": (
        {
            "name": "Vantor Energy",
            "domain": "vantor.example",
            "city": "Kiel",
            "phone": "+49 431 6021140",
        },
        {
            "name": "Vantor Healthcare",
            "domain": "vantor.example",
            "city": "Ulm",
            "phone": "+49 731 9948802",
        },
    ),
    "a free mail provider's domain": (
        {"name": "Panificio Rossetti", "domain": "gmail.com", "city": "Pisa"},
        {"name": "Studio Verdini", "domain": "gmail.com", "city": "Lucca"},
    ),
    "a free mail provider's domain in one city": (
        {"name": "Toko Melati Jaya", "domain": "yahoo.co.id", "city": "Malang"},
        {"name": "Bengkel Sinar Abadi", "domain": "yahoo.co.id", "city": "Malang"},
    ),
    "branches of a franchise at one domain": (
        {
            "name": "Grillo Mainz",
            "domain": "grill.example",
            "city": "Mainz",
            "phone": "+49 6131 555110",
        },
        {
            "name": "Grillo Fulda",
            "domain": "grill.example",
            "city": "Fulda",
            "phone": "+49 661 555 220",
        },
    ),
    "branches of a franchise of one name": (
        {"name": "Noodle Corner", "city": "Bristol", "phone": "+44 117 555 0150"},
        {"name": "Noodle Corner", "city": "Exeter", "phone": "+44 1392 555160"},
    ),
    "two companies behind one switchboard": (
        {"name": "Lindqvist Revision", "phone": "+46 8 5550 0170", "city": "Solna"},
        {"name": "Abrahamsson Juridik", "phone": "+46 8 5550 0170", "city": "Solna"},
    ),
    "one word in common, one city": (
        {"name": "Nordlicht Bau", "city": "Husum", "domain": "nordlicht-bau.example"},
        {"name": "Nordlicht Bank", "city": "Husum", "domain": "nordlicht-bank.example"},
    ),
    "a common name in one country": (
        {"name": "Global Solutions", "country": "India", "city": "Pune"},
        {"name": "Global Solutions Pvt Ltd", "country": "India", "city": "Chennai"},
    ),
}

ASKED: dict[str, tuple[Values, Values]] = {
    "a short name, one domain": (
        {"name": "Technische Werke Ostheim", "domain": "two.example", "city": "Ostheim"},
        {"name": "TWO", "domain": "two.example", "city": "Ostheim"},
    ),
}


def _traits(app: str, id: str, values: Values) -> Traits:
    return company(app, id, values, [values.get("domain", "")], [values.get("phone", "")])


def _background(number: int = 300) -> list[Traits]:
    """Unrelated companies of two apps."""
    dice, found = Random(7), []
    for n in range(number):
        name = f"{dice.choice(names.COMPANY_FIRST)} {dice.choice(names.COMPANY_SECOND)}"
        city = dice.choice(dice.choice(names.CULTURES).cities).latin[0]
        values = {"name": f"{name} {city}", "city": city, "domain": f"firm{n}.example"}
        values["phone"] = f"+49 30 {dice.randrange(10**6, 10**7)}"
        for app in ("hubspot", "zendesk")[: dice.choice((1, 2))]:
            found.append(_traits(app, f"b{n}", values))
    return found


@pytest.fixture(scope="module")
def matched() -> Matched:
    records = _background()
    for n, (one, other) in enumerate((*ONE.values(), *TWO.values(), *ASKED.values())):
        records += [_traits("hubspot", f"c{n}", one), _traits("zendesk", f"c{n}", other)]
    return match(records, single=True)


def _together(found: Matched, n: int) -> bool:
    keys = {("hubspot", f"c{n}"), ("zendesk", f"c{n}")}
    return any(keys <= {record.key for record in group} for group in found.groups)


@pytest.mark.parametrize("name", ONE)
def test_one_company(name: str, matched: Matched) -> None:
    assert _together(matched, list(ONE).index(name))


@pytest.mark.parametrize("name", TWO)
def test_two_companies(name: str, matched: Matched) -> None:
    assert not _together(matched, len(ONE) + list(TWO).index(name))


@pytest.mark.parametrize("name", ASKED)
def test_a_question(name: str, matched: Matched) -> None:
    n = len(ONE) + len(TWO) + list(ASKED).index(name)
    assert not _together(matched, n)
    question = next(q for q in matched.questions if q.one.id == q.other.id == f"c{n}")
    assert question.evidence.text == "another name; the same domain; in different apps"
