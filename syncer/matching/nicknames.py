"""Short and pet names: which given names can be those of one person."""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz.distance import OSA

# Beside the list of the `nicknames` package, which knows English names: a formal name, then its short forms.
_OTHERS = """
francisco paco pancho curro kiko|jose pepe|manuel manolo|dolores lola|ignacio nacho|guadalupe lupe
enrique quique|jesus chus|concepcion concha|rosario charo|antonio toni tonio|alejandro alex ale|fernando fer
rafael rafa|joao joaozinho|antonia toni|giuseppe beppe pino|giovanni gianni|francesco franco checco
luigi gigi|salvatore toto|johannes hans hannes jo|johanna hanna jo|katharina kathi kati katja
sebastian basti|maximilian max|elisabeth lisa elli|wolfgang wolf|friedrich fritz|heinrich heinz heiner
josef sepp jupp|margarete grete gretel|matthias matze|andreas andi|christian chris|michael michi
stefan steffen|susanne susi|ursula uschi ulla|barbara babsi|gertrud trude|alexander alex
alexander aleksandr sasha sascha alex|alexandra sasha|dmitry dima mitya|dmitri dima
ekaterina yekaterina katya|ivan vanya|elena yelena lena|mikhail misha|maria masha|nikolai nikolay kolya
olga olya|sergey sergei serge seryozha|tatiana tanya|svetlana sveta|vladimir vova volodya|yury yuri yura
natalia natalya natasha|anastasia nastya|konstantin kostya|francois fran|jean-pierre jp|philippe phil
frederic fred|benoit ben|dominique dom|malgorzata gosia|katarzyna kasia|agnieszka aga|krzysztof krzys
tomasz tomek|pawel pawelek|muhammad moh mohd muh m mohamad|abdul abd|mohammad mamad mohd|ahmad achmad
putri puput|bambang bam|robert bob bobby rob robby bert|theodore ted theo teddy
"""


@lru_cache(maxsize=65_536)
def known_as(name: str) -> frozenset[str]:
    """The formal names that a folded given name may stand for, itself included; empty where nothing is
    known."""
    found = _formal().get(name, frozenset())
    return found | {name} if found or name in _formal_names() else frozenset()


def alike(a: str, b: str) -> bool:
    """Whether two folded given names can be those of one person: Bob and Robert, Bill and Will."""
    return not known_as(a).isdisjoint(known_as(b))


def nearly_alike(a: str, b: str) -> bool:
    """The same, a slip of the fingers apart: Bill and Wiliam."""
    return any(
        OSA.distance(form, other, score_cutoff=1) <= 1
        for one, other in ((a, b), (b, a))
        if len(other) > 3
        for form in _forms(one)
    )


@lru_cache(maxsize=65_536)
def _forms(name: str) -> tuple[str, ...]:
    """The longer forms of a name, and the shorter ones."""
    formal = known_as(name)
    return tuple(sorted({*formal, *_shorts().get(name, ())} - {name}))


@cache
def _shorts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for short, formals in _formal().items():
        for formal in formals:
            found.setdefault(formal, []).append(short)
    return found


@cache
def _formal() -> dict[str, frozenset[str]]:
    from nicknames import NickNamer

    found = NickNamer().canonical_lookup
    for line in _OTHERS.replace("\n", "|").split("|"):
        formal, *shorts = line.split() or [""]
        for short in shorts:
            found.setdefault(short, set()).add(formal)
    return {name: frozenset(formals) for name, formals in found.items()}


@cache
def _formal_names() -> frozenset[str]:
    return frozenset(formal for formals in _formal().values() for formal in formals)
