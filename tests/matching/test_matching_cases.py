"""Every kind of noise, and every pair that is hard to tell apart, by name; all in one batch among others."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.matching.matcher import match
from syncer.matching.traits import Traits
from syncer.model import LinkKey
from tests.matching.background import background, groups, traits

Values = dict[str, str]

ONE: dict[str, tuple[Values, Values]] = {
    "typo in the family name": (
        {"name": "Rosalind Thornfield", "email": "rosalind.thornfield@mail.example.org"},
        {"name": "Rosalind Thornfeild", "email": "rosalind.thornfield@mail.example.org"},
    ),
    "nickname and a shared phone": (
        {"name": "Robert Wycombe", "phone": "+44 7700 900123", "city": "Leeds"},
        {"name": "Bob Wycombe", "phone": "07700900123", "city": "Leeds"},
    ),
    "changed e-mail, the same phone": (
        {"name": "Greta Lindqvist", "email": "greta@old-firm.example", "phone": "+46 70 123 45 67"},
        {"name": "Greta Lindqvist", "email": "greta.lindqvist@new-firm.example", "phone": "0701234567"},
    ),
    "plus tag": (
        {"name": "Ines Carvalho", "email": "ines.carvalho+news@gmail.com"},
        {"name": "Ines Carvalho", "email": "inescarvalho@googlemail.com"},
    ),
    "mistyped mail provider": (
        {"name": "Tomas Beranek", "email": "tomas.beranek@gmail.com"},
        {"name": "Tomas Beranek", "email": "tomas.beranek@gmial.com"},
    ),
    "mistyped e-mail address": (
        {"name": "Hedda Nordstrand", "email": "hedda.nordstrand@fjord.example", "city": "Bergen"},
        {"name": "Hedda Nordstrand", "email": "hedda.nordstrnad@fjord.example", "city": "Bergen"},
    ),
    "phone formats": (
        {"name": "Ketut Wirawan", "phone": "+62 812-3456-7890", "city": "Denpasar"},
        {"name": "Ketut Wirawan", "phone": "0812 3456 7890", "city": "Denpasar"},
    ),
    "one digit of the phone": (
        {
            "name": "Oskar Fahrenholz",
            "phone": "+49 151 2223344",
            "city": "Kassel",
            "company": "Nordlicht GmbH",
        },
        {"name": "Oskar Fahrenholz", "phone": "+49 151 2223354", "city": "Kassel", "company": "Nordlicht"},
    ),
    "swapped names": (
        {"first_name": "Milena", "last_name": "Horvat", "email": "m.horvat@adria.example"},
        {"first_name": "Horvat", "last_name": "Milena", "email": "m.horvat@adria.example"},
    ),
    "accents": (
        {"name": "Zoë Lefèvre", "phone": "+33 6 12 34 56 78"},
        {"name": "Zoe Lefevre", "phone": "0612345678"},
    ),
    "umlauts written out": (
        {"name": "Jürgen Möllenhoff", "phone": "+49 170 1112223"},
        {"name": "Juergen Moellenhoff", "phone": "0170 1112223"},
    ),
    "Persian and Arabic letters": (
        {"name": "مهدی کریمی‌نژاد", "phone": "+98 912 555 0101"},
        {"name": "مهدي كريمي نژاد", "phone": "09125550101"},
    ),
    "Persian digits": (
        {"name": "Shirin Daneshvar", "phone": "۰۹۱۲۵۵۵۰۲۰۲"},
        {"name": "Shirin Daneshvar", "phone": "+98 912 555 0202"},
    ),
    "Persian script and Latin": (
        {"name": "نازنین رستم‌پور", "phone": "+98 913 444 0303"},
        {"name": "Nazanin Rostampour", "phone": "0913 444 0303"},
    ),
    "Arabic script and Latin": (
        {"name": "طارق الهاشمي", "email": "tariq.h@gulf.example"},
        {"name": "Tarek Al-Hashimi", "email": "tariq.h@gulf.example"},
    ),
    "Cyrillic and Latin": (
        {"name": "Сергей Воронцов", "phone": "+7 701 555 04 04"},
        {"name": "Sergei Vorontsov", "phone": "87015550404"},
    ),
    "a single name": (
        {"name": "Suyatmi", "phone": "+62 857 1234 4321", "city": "Semarang"},
        {"first_name": "Suyatmi", "phone": "085712344321", "city": "Semarang"},
    ),
    "old and new spelling": (
        {"name": "Soekardjo Widjaja", "phone": "+62 811 222 3334"},
        {"name": "Sukarjo Wijaya", "phone": "0811 222 3334"},
    ),
    "title": (
        {"name": "Dr. Amara Okonkwo", "email": "amara@clinic.example"},
        {"name": "Amara Okonkwo", "email": "amara@clinic.example"},
    ),
    "an honorific letter": (
        {"name": "H. Denny Hutasoit", "city": "Bogor", "email": "denny.h@sawah.example"},
        {"name": "Deni Hutasoit", "city": "Bogor", "email": "denny.h@sawah.example"},
    ),
    "a pet name that is no beginning": (
        {"name": "Friederike Hohenwart", "email": "hohenwart.f@mail.example.org", "city": "Celle"},
        {"name": "Rike Hohenwart", "email": "hohenwart.f@mail.example.org", "city": "Celle"},
    ),
    "a pet name of another spelling": (
        {"name": "Catherine Ollershaw", "phone": "+44 7700 900456", "city": "York"},
        {"name": "Kate Ollershaw", "phone": "07700 900456", "city": "York"},
    ),
    "an article written apart": (
        {"name": "Nuha Al Qaradawi", "email": "nuha@dar.example"},
        {"first_name": "نهى", "last_name": "القرضاوي", "email": "nuha@dar.example"},
    ),
    "short names in two scripts": (
        {"name": "کاوه یاوری", "email": "kaveh@yavari.example", "city": "یزد"},
        {"name": "Kaveh Yavari", "email": "kaveh@yavari.example", "city": "Yazd"},
    ),
    "a number in a mistyped mailbox": (
        {"name": "Raúl Benavides", "email": "raul.benavides2759@mail.example.org"},
        {"name": "Raul G Benavides", "email": "raaul.benavides2759@mail.example.org"},
    ),
    "a mailbox of an initial": (
        {"name": "Hussein Nasrallah", "city": "Ajman", "phone": "+971 50 123 4599"},
        {"email": "h.nasrallah@outlook.com", "city": "Ajman", "phone": "+971 50 123 4599"},
    ),
    "initial": (
        {"name": "K. Steinbrecher", "email": "k.steinbrecher@werk.example", "phone": "+49 171 3334445"},
        {"name": "Klara Steinbrecher", "email": "k.steinbrecher@werk.example", "phone": "01713334445"},
    ),
    "missing e-mail": (
        {"name": "Bayu Hartawan", "phone": "+62 813 7654 3210"},
        {"name": "Bayu Hartawan", "phone": "081376543210", "email": "bayu@desa.example"},
    ),
    "missing name": (
        {"email": "leopold.grasse@kanal.example", "phone": "+49 152 4445556"},
        {"name": "Leopold Grasse", "email": "leopold.grasse@kanal.example", "phone": "0152 4445556"},
    ),
    "missing first name": (
        {"last_name": "Quillfeather", "email": "pq@quill.example", "phone": "+44 7911 123456"},
        {"name": "Persephone Quillfeather", "email": "pq@quill.example", "phone": "07911 123456"},
    ),
    "whole name in one field": (
        {"name": "Vandermeer, Saskia", "email": "saskia@polder.example"},
        {"first_name": "Saskia", "last_name": "Vandermeer", "email": "saskia@polder.example"},
    ),
    "upper case": (
        {"name": "DELPHINE ROUSSEL", "email": "DELPHINE@ATELIER.EXAMPLE"},
        {"name": "delphine roussel", "email": "delphine@atelier.example"},
    ),
    "legal form of the company": (
        {"name": "Ulrike Tannhof", "company": "Tannhof Werke GmbH", "email": "ulrike@tannhof.example"},
        {"name": "Ulrike Tannhof", "company": "Tannhof Werke", "email": "u.tannhof@tannhof.example"},
    ),
    "middle initial": (
        {"name": "Annelore P. Zwickau", "email": "annelore@zwickau-textil.example"},
        {"name": "Annelore Zwickau", "email": "annelore@zwickau-textil.example"},
    ),
    "a slip in a short form": (
        {"name": "Jeff Nightwood", "email": "j.nightwood@mail.example.org"},
        {"name": "Jefrfey Nightwood", "email": "j.nightwood@mail.example.org"},
    ),
    "a name of two words divided elsewhere": (
        {"name": "Amir Hossein Golshani", "email": "ah.golshani@mail.example.org"},
        {"first_name": "امیرحسین", "last_name": "گلشنی", "email": "ah.golshani@mail.example.org"},
    ),
    "the company's domain": (
        {"name": "Tilda Morgenrot", "email": "tilda.m@morgenrot-werke.example", "city": "Jena"},
        {"name": "Tilda Morgenrot", "company": "Morgenrot & Werke GmbH", "city": "Jena"},
    ),
    "a city of two names": (
        {"name": "Veronika Schaller", "phone": "+49 89 4440001", "city": "München"},
        {"name": "Veronika Schaller", "phone": "089 4440001", "city": "Munich"},
    ),
    "the same number of an identity card": (
        {"name": "Perpetua Lindholm", "number": "8807124433", "city": "Umeå"},
        {"name": "Perpetua Brandt", "number": "8807124433", "city": "Malmö"},
    ),
    "a slip in the birth date": (
        {"name": "Casimir Wolanski", "birth_date": "1971-04-12", "city": "Gdynia", "postcode": "81-001"},
        {"name": "Casimir Wolanski", "birth_date": "1971-12-04", "city": "Gdynia", "postcode": "81-001"},
    ),
}

TWO: dict[str, tuple[Values, Values]] = {
    "household with one phone": (
        {"name": "Harold Pemberwick", "phone": "+44 161 496 0001", "city": "Bristol"},
        {"name": "Margery Pemberwick", "phone": "+44 161 496 0001", "city": "Bristol"},
    ),
    "household with one e-mail": (
        {"name": "Edwin Marchbanks", "email": "marchbanks@home.example", "city": "Leeds"},
        {"name": "Cordelia Marchbanks", "email": "marchbanks@home.example", "city": "Leeds"},
    ),
    "household with one e-mail and one phone": (
        {"name": "Salma Quraishi", "email": "quraishi@home.example", "phone": "+971 50 222 4462"},
        {"name": "Samir Quraishi", "email": "quraishi@home.example", "phone": "+971 50 222 4462"},
    ),
    "switchboard": (
        {"name": "Annika Fjeldstad", "phone": "+49 30 5550000", "company": "Fjeld AG"},
        {"name": "Rolf Oberhauser", "phone": "+49 30 5550000", "company": "Fjeld AG"},
    ),
    "role mailbox": (
        {"name": "Irina Petrovskaya", "email": "info@volga.example", "company": "Volga"},
        {"name": "Denis Kalinin", "email": "info@volga.example", "company": "Volga"},
    ),
    "namesakes": (
        {
            "name": "James Smith",
            "email": "james@acme-tools.example",
            "city": "London",
            "phone": "+447700900801",
        },
        {"name": "James Smith", "email": "jsmith@north.example", "city": "Leeds", "phone": "+447700900977"},
    ),
    "namesakes in an office": (
        {"name": "Ali Rezaei", "email": "ali@omid.example", "phone": "+98 912 000 1111", "city": "Tehran"},
        {
            "name": "Ali Rezaei",
            "email": "a.rezaei@sabz.example",
            "phone": "+98 935 777 2222",
            "city": "Shiraz",
        },
    ),
    "colleagues of one surname": (
        {"name": "Dewi Santoso", "email": "dewi@garuda.example", "company": "PT Garuda", "city": "Jakarta"},
        {"name": "Agus Santoso", "email": "agus@garuda.example", "company": "PT Garuda", "city": "Jakarta"},
    ),
    "father and son": (
        {"name": "Walter Haversham Sr.", "phone": "+1 617 555 0188", "email": "walter@haversham.example"},
        {"name": "Walter Haversham Jr.", "phone": "+1 617 555 0188", "email": "wally@college.example"},
    ),
    "father and son, one of them named as such": (
        {"name": "Sterling Oakhurst Sr.", "phone": "+1 617 555 0190", "city": "Salem"},
        {"name": "Sterling Oakhurst Jr.", "phone": "+1 617 555 0190", "city": "Salem"},
    ),
    "siblings of whom one is named family name first": (
        {"first_name": "Agung", "last_name": "Hidayat", "phone": "+62 912 7727 6126", "city": "Malang"},
        {"name": "Hidayat Rina", "phone": "+62 912 7727 6126", "city": "Malang"},
    ),
    "an initial, and a sibling named family name first": (
        {"first_name": "L.", "last_name": "Donghae", "email": "donghae44@mail.example.org", "city": "Daegu"},
        {"name": "Donghae Lan", "email": "lan@stone.example", "city": "Daegu"},
    ),
    "brother and sister of one name": (
        {"name": "Antonio Zubizarreta", "email": "zubizarreta@casa.example", "city": "Bilbao"},
        {"name": "Antonia Zubizarreta", "email": "zubizarreta@casa.example", "city": "Bilbao"},
    ),
    "other birth dates": (
        {"name": "Luisa Ferro", "email": "ferro@casa.example", "birth_date": "1951-03-04"},
        {"name": "Luisa Ferro", "email": "ferro@casa.example", "birth_date": "1988-11-23"},
    ),
    "a relative behind a mailbox": (
        {"name": "Kathleen Ferrybank", "phone": "+44 161 496 0002", "city": "Bury"},
        {"email": "oswald.ferrybank@mail.example.org", "phone": "+44 161 496 0002", "city": "Bury"},
    ),
    "the mailbox of an office and somebody of it": (
        {"email": "support@quarzwerk.example", "phone": "+49 30 5550101", "company": "Quarzwerk"},
        {
            "name": "Ida Krahl",
            "email": "ida@quarzwerk.example",
            "phone": "+49 30 5550101",
            "company": "Quarzwerk",
        },
    ),
    "names of one skeleton": (
        {"name": "علی طاهری", "phone": "+98 21 5550000", "city": "Tehran"},
        {"name": "Leila Taheri", "phone": "+98 21 5550000", "city": "Tehran"},
    ),
}


@pytest.fixture(scope="module")
def everybody() -> dict[tuple[str, str], int]:
    """The group of each record."""
    records = background()
    for n, (one, other) in enumerate((*ONE.values(), *TWO.values())):
        records += [traits("hubspot", f"c{n}", **one), traits("zendesk", f"c{n}", **other)]
    return groups(match(records))


@pytest.mark.parametrize("name", ONE)
def test_one_person(name: str, everybody: dict[tuple[str, str], int]) -> None:
    n = list(ONE).index(name)
    assert everybody["hubspot", f"c{n}"] == everybody["zendesk", f"c{n}"]


@pytest.mark.parametrize("name", TWO)
def test_two_people(name: str, everybody: dict[tuple[str, str], int]) -> None:
    n = len(ONE) + list(TWO).index(name)
    assert everybody["hubspot", f"c{n}"] != everybody["zendesk", f"c{n}"]


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_order_gives_the_same_groups_and_questions(dice: Random) -> None:
    records = background(40)

    def found(given: list[Traits]) -> tuple[list[list[LinkKey]], list[tuple[LinkKey, LinkKey]]]:
        matched = match(given)
        asked = [(q.one.key, q.other.key) for q in matched.questions]
        return [[r.key for r in group] for group in matched.groups], asked

    assert found(dice.sample(records, len(records))) == found(records)


def test_of_two_that_fit_as_well_none_is_taken() -> None:
    records = background(120)
    records += [traits("hubspot", f"h{n}", name="Ottilie Brandauer", city="Graz") for n in (1, 2)]
    records.append(traits("zendesk", "z", name="Ottilie Brandauer", city="Graz"))
    found = groups(match(records))
    assert len({found["hubspot", "h1"], found["hubspot", "h2"], found["zendesk", "z"]}) == 3


def test_a_chain_is_cut() -> None:
    """Each fits the next, but the ends are different people."""
    records = background(120)
    records += [
        traits("hubspot", "end", name="Emeric Vasarhelyi", phone="+36 30 111 2222", city="Pest"),
        traits("mailerlite", "middle", name="Vasarhelyi", phone="+36 30 111 2222", email="dora@duna.example"),
        traits("zendesk", "end", name="Dora Vasarhelyi", email="dora@duna.example", city="Pest"),
    ]
    found = groups(match(records))
    assert found["hubspot", "end"] != found["zendesk", "end"]


def test_an_app_may_hold_a_person_twice() -> None:
    records = background(120)
    twin = {"name": "Sigrun Eklund", "email": "sigrun@eklund.example", "phone": "+46 70 555 01 01"}
    records += [traits("hubspot", "one", **twin), traits("hubspot", "two", **twin)]
    records.append(traits("mailerlite", "nameless", email="sigrun@eklund.example"))
    found = groups(match(records))
    assert found["hubspot", "one"] == found["hubspot", "two"] == found["mailerlite", "nameless"]


def test_of_two_records_in_one_app_the_one_with_the_address_is_taken() -> None:
    """The app would refuse that address to the other one, however well it fits."""
    her = {"name": "Nur Puspitasari", "phone": "+62 821 992 3121", "company": "Arvand Motors"}
    records = background(120)
    records += [
        traits("hubspot", "her", **her, email="nur@arvand.example", city="Denpasar", birth_date="1990-12-01"),
        traits(
            "zendesk", "address", **her, email="nur@arvand.example", city="Medan", birth_date="1990-01-12"
        ),
        traits("zendesk", "phone", **her, city="Denpasar", birth_date="1990-12-01"),
    ]
    found = groups(match(records, single=True))
    assert found["zendesk", "address"] == found["hubspot", "her"] != found["zendesk", "phone"]


def test_in_one_app_alone_nobody_is_a_rival() -> None:
    records = [replace(r, app="hubspot", id=f"{r.app}{r.id}") for r in background(120)]
    twin = {"name": "Sigrun Eklund", "email": "sigrun@eklund.example", "city": "Lund"}
    records += [traits("hubspot", f"s{n}", **twin) for n in range(3)]
    found = groups(match(records))
    assert len({found["hubspot", f"s{n}"] for n in range(3)}) == 1


def test_nothing_to_match() -> None:
    assert match([]).groups == []
    assert [len(g) for g in match([traits("hubspot", "1", name="Ada")]).groups] == [1]


def test_an_initial_does_not_hide_another_given_name() -> None:
    """One of her records has an initial that fits her brother, too, whose address and phone are hers."""
    shared = {"email": "salma.quraishi@mail.example.org", "phone": "+971 50 222 4462"}
    records = background(120)
    records += [
        traits("hubspot", "her", name="S. Quraishi", city="Ajman", **shared),
        traits("mailerlite", "her", name="Salma Quraishi", city="Ajman", **shared),
        traits("zendesk", "his", name="Samir Quraishi", **shared),
    ]
    found = groups(match(records))
    assert found["hubspot", "her"] == found["mailerlite", "her"] != found["zendesk", "his"]
