"""Companies, to which people point: by an app's own ids where it has companies, as a text elsewhere.

They are drawn for a third of the histories, from a stream of their own: the others are what they are without
them. Every company has a first word of its own, so that no two are taken for one; half have a domain.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.contract import FieldSpec, Value
from connectors.memory import Traits
from tests.simulation.engine.towns import WORDS
from tests.simulation.typed.draft import Draft, Line, keys
from tests.simulation.typed.drawn import Drawn, decided
from tests.simulation.typed.forms import Typed, words
from tests.simulation.typed.space import Space

if TYPE_CHECKING:
    from tests.simulation.typed.world import World

SHARE = 0.35
HEAD = "match: {exact: [domain], names: [name]}\n"
REFERENCE = "company"


@dataclass(frozen=True, slots=True)
class DrawnCompanies:
    """`people`: the mapping of people, with the reference; `loses`: apps that take a company that goes from
    its people."""

    draft: Draft
    traits: Mapping[str, Traits]
    typed: Mapping[tuple[str, str], Typed]
    people: Drawn
    loses: frozenset[str]


def drawn_companies(seed: int, people: Drawn) -> DrawnCompanies | None:
    rng = random.Random(f"companies {seed}")
    return _Drawing(rng, people).drawn() if rng.random() < SHARE else None


class _Drawing:
    def __init__(self, rng: random.Random, people: Drawn) -> None:
        self.rng, self.people = rng, people
        self.apps = list(people.draft.apps)
        self.where = sorted(rng.sample(self.apps, rng.randint(2, len(self.apps))))

    def drawn(self) -> DrawnCompanies:
        rng = self.rng
        apps = {app: {"object": "companies"} for app in self.where}
        rule = rng.choice(("newest", "newest", "first", f"{{prefer: [{rng.choice(self.where)}]}}", "manual"))
        place = dict.fromkeys(self.where, "name")
        lines = {
            "name": Line({"type": "text", "rule": rule}, place),
            "domain": Line({"type": "domain"}, dict.fromkeys(self.where, "domain")),
        }
        typed: dict[tuple[str, str], Typed] = {(app, "name"): words for app in self.where}
        loses = frozenset(app for app in self.where if rng.random() < 0.3)
        traits = {app: self._traits(app) for app in self.where}
        return DrawnCompanies(Draft(apps, lines, "company", HEAD), traits, typed, self._pointing(), loses)

    def _traits(self, app: str) -> Traits:
        rng = self.rng
        return Traits(
            object="companies",
            account=app,
            fields=(FieldSpec("name"), FieldSpec("domain")),
            unique=rng.choice((("domain",), ())),
            feed=rng.choice(("changes", "changes", "scan")),
            lag=rng.choice((0.0, 0.0, 5.0)),
            granularity=rng.choice((0.0, 1.0)),
            answers=rng.random() < 0.7,
            archive=rng.choice(("restorable", "restorable", "final")),
            lists_archived=rng.random() < 0.3,
        )

    def _pointing(self) -> Drawn:
        """People who point to companies."""
        rng, people = self.rng, self.people
        fields = {app: list(traits.fields) for app, traits in people.traits.items()}
        typed, places = dict(people.typed), {}
        for app in self.apps:
            if app in self.where:
                fields[app].append(FieldSpec(REFERENCE, kind="reference", reference="companies"))
                places[app] = REFERENCE
            elif rng.random() < 0.8:
                fields[app].append(FieldSpec(REFERENCE))
                places[app] = f"{{field: {REFERENCE}, as: {rng.choice(('name', 'name', 'domain'))}}}"
                typed[app, REFERENCE] = words
        said = ["type: reference", "to: company", *decided(rng, "reference", self.where)]
        lines = {**people.draft.lines, REFERENCE: Line(keys(said), places)}
        if rng.random() < 0.3:
            app = rng.choice(self.apps)
            fields[app].append(FieldSpec("tier"))
            lines["tier"] = Line({"value": "\"company != null ? 'b2b' : 'b2c'\""}, {app: "tier"})
        traits = {app: replace(mine, fields=tuple(fields[app])) for app, mine in people.traits.items()}
        return replace(people, draft=replace(people.draft, lines=lines), traits=traits, typed=typed)


class Companies(Space):
    """What people do about companies, beside what they do about people.

    loses   apps that take the company from its people when it goes
    merged  first words of companies that an app merged: one that was merged before it was read is unknown,
            and in an app without unique keys its domain keeps no other from being made
    """

    def __init__(self, world: World, drawn: DrawnCompanies) -> None:
        super().__init__(world, "companies", drawn.draft, drawn.traits, drawn.typed)
        self.loses = drawn.loses
        self.merged: set[str] = set()
        self.words = random.Random(f"words {world.seed}").sample(WORDS, len(WORDS))

    def value_for(self, app: str, slot: str, was: Value) -> Value:
        """Another name with the same first word."""
        return f"{str(was).split()[0]} {self.w.rng.randrange(1000)}"

    def found(self) -> None:
        """Somebody enters a new company in an app, or in two."""
        rng, name = self.w.rng, self.words.pop()
        domain = f"{name.lower()}.test" if rng.random() < 0.5 else None
        for app in rng.sample(list(self.apps), 2 if domain and rng.random() < 0.3 else 1):
            self.enter(app, {"name": name, "domain": domain})

    def any_in(self, app: str) -> Value:
        """One of an app's companies, or none."""
        here = sorted(self.apps[app].records)
        return self.w.rng.choice(here) if here and self.w.rng.random() < 0.85 else None

    def act(self) -> None:
        """Somebody does something about a company."""
        rng, name = self.w.rng, self.w.rng.choice(list(self.apps))
        app, x = self.apps[name], self.w.rng.random()
        live, gone = sorted(app.records), [i for i, r in sorted(app.rows.items()) if r.state == "archived"]
        if (x < 0.3 or not live) and self.words:
            self.found()
        elif x < 0.6 and live:
            id = rng.choice(live)
            self.type(name, id, "name", self.value_for(name, "name", app.records[id]["name"]))
        elif x < 0.75 and live:
            self.archive(name, rng.choice(live))
        elif x < 0.9 and gone:
            self.restore(name, rng.choice(gone))
        elif len(live) > 1:
            self.merge(name, *rng.sample(live, 2))

    def archive(self, app: str, id: str) -> None:
        """A company goes, and its people stay, with it or without."""
        self.w.note(f"somebody archives companies {app}/{id}")
        self.apps[app].user_archive(id)
        if app in self.loses:
            self._point(app, id, None)

    def restore(self, app: str, id: str) -> None:
        self.w.note(f"somebody restores companies {app}/{id}")
        self.apps[app].user_restore(id)

    def merge(self, app: str, loser: str, winner: str) -> None:
        """The app makes one company of two: the people of both are in it."""
        self.w.note(f"somebody merges companies {app}/{loser} into {winner}")
        self.merged |= {str(self.apps[app].records[id]["name"]).split()[0] for id in (loser, winner)}
        self.apps[app].user_merge(loser, winner)
        self._point(app, loser, winner)

    def _point(self, app: str, was: str, now: str | None) -> None:
        """The app itself has its people point elsewhere."""
        for id, values in list(self.w.people.apps[app].records.items()):
            if values[REFERENCE] == was:
                self.w.people.apps[app].user_edit(id, {REFERENCE: now})
                self.w.people.remember(app, {REFERENCE: now})

    # -- what must be true at rest ------------------------------------------------------------------------

    def judge(self) -> None:
        """*missing*: every company is in every app, unless it is in the archive there, and whom people point
        to is there; *duplicate*: no company is made twice in an app."""
        w, units = self.w, self.units()
        for unit in units.values():
            there, domain = {link.app for link in unit.links}, unit.golden.value.get("domain")
            if any(link.state == "live" for link in unit.links):
                for app in self.apps.keys() - there - w.off:
                    rows = self.apps[app].rows.values()
                    if not domain or all(row.values.get("domain") != domain for row in rows):
                        w.report("missing", f"company {unit.golden.value.get('name')!r} in {app}")
        for app, mine in self.apps.items():
            made = [str(e.after["name"]).split()[0] for e in mine.log if e.action == "create"]
            made = [word for word in made if word not in self.merged]
            if len(made) > len(set(made)):
                w.report("duplicate", f"companies made in {app}: {made}")
        for golden in w.people.goldens().values():
            company = golden.value.get(REFERENCE)
            if company is not None and company not in units:
                w.report("missing", f"{golden.value['email']} points to {company}, which is no company")
