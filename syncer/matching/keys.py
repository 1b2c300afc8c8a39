"""The match keys of a record as the state's index keeps them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncer.matching.fold import fold, fold_city, fold_company, skeleton
from syncer.matching.traits import Traits, as_written, guessed, mail, name_of, own_domains, phone
from syncer.model import LONGEST, LinkKey, Value, fold_key

OFFICE = 30  # and of a company: all parts together are one key, and PostgreSQL bounds its bytes
WHO = "who"  # the kind under which the index keeps names and places
SOUND = "sound"  # and what their names sound like
BOX = "box"  # and addresses without tags


@dataclass(frozen=True, slots=True)
class Keys:
    """What a record is recognised by. `exact`: kind -> folded values, as an app may keep them unique;
    `matching`: the kinds among them by which records match."""

    exact: Mapping[str, tuple[str, ...]]
    matching: tuple[str, ...]
    traits: Traits

    @property
    def key(self) -> LinkKey:
        return self.traits.key

    @property
    def id(self) -> str:
        return self.traits.id

    def stored(self) -> list[tuple[str, str, str, str]]:
        """(kind, key, app, id): what the index keeps."""
        t = self.traits
        rows = [(kind, key, t.app, t.id) for kind, keys in self.exact.items() for key in keys]
        if t.given or t.family:
            guess = "?" if t.guessed else ""
            office = (t.org,) if t.org else ()
            who = "|".join((t.family, t.given, t.city, t.country, t.generation, guess, *office))
            rows += [(WHO, who, t.app, t.id), (SOUND, sounds_like(t), t.app, t.id)]
        known = {key for keys in self.exact.values() for key in keys}
        rows += [(BOX, box, t.app, t.id) for box in t.mails if box not in known]
        return rows


def without_office(kind: str, key: str) -> tuple[str, str]:
    """A (kind, key) of the index without the company, which may change though nothing of the person does."""
    return (kind, "|".join(key.split("|")[:6])) if kind == WHO else (kind, key)


def sounds_like(t: Traits) -> str:
    """One key for a name in any script and order."""
    return " ".join(sorted(skeleton(part) or part for part in (t.given, t.family) if part))


def blocks_of(t: Traits) -> tuple[str, ...]:
    """How the names of similar records begin in the index."""
    return (f"{t.family}|{t.given[0]}",) if t.given else ()


def keys_of(
    app: str,
    id: str,
    values: Mapping[str, Value],
    other: Mapping[str, Sequence[str]],
    exact: Sequence[str],
    names: Sequence[str],
    matching: Sequence[str] | None = None,
    office: str = "",
) -> Keys:
    """Keys of a record from its golden-form values and further values of its key fields. One name is a
    company's. `office`: the company of a person."""
    found = {
        kind: tuple(dict.fromkeys(fold_key(str(v)) for v in (values.get(kind), *other.get(kind, ())) if v))
        for kind in exact
    }
    kept = {kind: v for kind, v in found.items() if v}
    kinds = tuple(exact if matching is None else matching)
    texts = [str(values.get(name) or "") for name in names]
    given, family, generation = _name(texts)
    given, family = given[:LONGEST], family[:LONGEST]
    city = fold_city(str(values.get("city") or ""))[:LONGEST]
    country = fold(str(values.get("country") or ""))[:LONGEST]
    place = (city, country, fold_company(office)[:OFFICE])
    return Keys(kept, kinds, _traits(app, id, given, family, generation, place, kept, kinds))


def _name(texts: Sequence[str]) -> tuple[str, str, str]:
    if len(texts) > 1:
        return name_of(texts[0], texts[1], "")
    return fold_company(texts[0]) if texts else "", "", ""


def _traits(
    app: str,
    id: str,
    given: str,
    family: str,
    generation: str,
    place: tuple[str, str, str],
    exact: Mapping[str, Sequence[str]],
    matching: Sequence[str],
    golden: str | None = None,
    guess: bool | None = None,
) -> Traits:
    mails, phones, facts = _sorted_out(exact, matching)
    if guess is None and not (given and family) and mails and "@" in mails[0]:
        read = guessed(given or family, mails[0])
        given, family = read or (given, family)
        guess = read is not None
    return Traits(
        app, id, given, family, generation, bool(guess), mails, phones,
        org=place[2], city=place[0], country=place[1], facts=facts, golden=golden,
        written=as_written((t for kind in matching for t in exact.get(kind, ()) if "@" in t), mails),
    )  # fmt: skip


def _sorted_out(
    exact: Mapping[str, Sequence[str]], matching: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Addresses and domains, closing digits of numbers, other facts."""
    mails: dict[str, None] = {}
    phones: dict[str, None] = {}
    facts = []
    for kind in matching:
        for text in exact.get(kind, ()):
            if "@" in text:
                mails[mail(text) or text] = None
            elif text.startswith("+") and (number := phone(text)):
                phones[number] = None
            elif kind == "domain":
                mails.update(dict.fromkeys(own_domains([text])))
            else:
                facts.append((kind, text))
    return tuple(mails), tuple(phones), tuple(dict(reversed(facts)).items())


def restored(
    app: str, id: str, golden: str | None, rows: Sequence[tuple[str, str]], matching: Sequence[str]
) -> Traits:
    """Traits of a known record from the index: `rows` are (kind, key)."""
    exact: dict[str, list[str]] = {}
    parts = [""] * 7
    for kind, key in sorted(rows):
        if kind == WHO:
            parts = (key.split("|") + [""] * 7)[:7]
        elif kind not in (SOUND, BOX):
            exact.setdefault(kind, []).append(key)
    family, given, city, country, generation, guess, org = parts
    place = (city, country, org)
    return _traits(app, id, given, family, generation, place, exact, matching, golden, bool(guess))
