"""Towns: random histories of two objects, people and the companies that they point to by an app's own ids.

Some companies have no domain, so no key at all, only a name. They are made before
or after the people who point to them, renamed, and archived while somebody points to them. Each app of the
town fails now and then, and the process may die at any call. Every company has a first word of its own, every
person a name. Between two times at rest a person is moved at most once: so at rest it is plain where.
"""

from __future__ import annotations

import random
from pathlib import Path

from connectors.memory import Flaky
from syncer.store.database import Database
from syncer.sync import Sync
from tests.engine.crash import Crash
from tests.engine.town import Town
from tests.simulation.engine.store import PlainStore, blank

BOTH = ("crm", "desk")
RATES = ("down", "timeout_before", "timeout_after", "retry", "partial")
MOST_RUNS = 14
# Names that nobody takes for one another.
WORDS = (
    "Abernathy Borowski Castellano Dubrovnik Eriksson Featherstone Guillermo Hawthorne Ivanovic Jefferson "
    "Kowalczyk Lindqvist Montgomery Nakamura Oyelaran Papadopoulos Quattrocchi Rosenthal Szymanski Thorvald "
    "Umberto Vasquez Wilhelmina Xiaoming Yevgenia Zimmerman"
).split()


class SimTown(Town):
    """One history of a town, from a seed.

    lives     person -> the company that somebody put there last; None: no company
    archived  companies that somebody archived in an app
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.raw = blank()
        super().__init__(path)
        self.rng = random.Random(seed)
        self.lives: dict[str, str | None] = {}
        self.moved: set[str] = set()
        self.archived: set[str] = set()
        self.violations: list[str] = []
        self.syncs: dict[str, Sync] = {}
        self.words = self.rng.sample(WORDS, len(WORDS))
        self.dying = 0.0
        for app in self.apps.values():
            app.before_call = app.after_call = self._step
        self.run()  # nothing is there yet; the apps are described

    def opened(self) -> Database:
        return PlainStore(self.raw)

    def sync(self, name: str, text: str, **rest: object) -> Sync:
        if name not in self.syncs:
            self.syncs[name] = super().sync(name, text, **rest)
        return self.syncs[name]

    def _step(self, call: str) -> None:
        if self.rng.random() < self.dying:
            raise Crash(call)

    # -- people at work -----------------------------------------------------------------------------------

    def work(self) -> None:
        acts = (self._company, self._person, self._move, self._move, self._rename, self._archive)
        self.rng.choice(acts)(self.rng.choice(BOTH))

    def _next(self) -> str:
        return self.words.pop()

    def _company(self, app: str) -> None:
        name = self._next()
        domain = f"{name}.test" if self.rng.random() < 0.6 else None
        self.apps[app, "companies"].user_create({"name": name, "domain": domain})

    def _person(self, app: str) -> None:
        name = self._next()
        id = self._any_company(app)
        self.apps[app, "contacts"].user_create({"email": f"{name}@x.test", "name": name, "company": id})
        self.lives[name] = self._named(app, id)
        self.moved.add(name)

    def _move(self, app: str) -> None:
        people = self.apps[app, "contacts"].records
        still = [id for id, v in sorted(people.items()) if v["name"] not in self.moved]
        if still:
            id, to = self.rng.choice(still), self._any_company(app)
            former = people[id]["company"]
            if to == former or (to is None and self._named(app, former) in self.archived):
                return  # nobody can see that: a company that goes takes the reference along
            self.apps[app, "contacts"].user_edit(id, {"company": to})
            name = str(people[id]["name"])
            self.lives[name] = self._named(app, to)
            self.moved.add(name)

    def _any_company(self, app: str) -> str | None:
        ids = sorted(self.apps[app, "companies"].records)
        return self.rng.choice(ids) if ids and self.rng.random() < 0.85 else None

    def _rename(self, app: str) -> None:
        companies = self.apps[app, "companies"]
        if companies.records:
            id = self.rng.choice(sorted(companies.records))
            companies.user_edit(id, {"name": f"{self._named(app, id)} {self.rng.randrange(1000)}"})

    def _archive(self, app: str) -> None:
        companies = self.apps[app, "companies"]
        if companies.records and self.rng.random() < 0.3:
            id = self.rng.choice(sorted(companies.records))
            self.archived.add(str(self._named(app, id)))
            companies.user_archive(id)

    def _named(self, app: str, id: object) -> str | None:
        """The first word of a company's name; None without one."""
        row = self.apps[app, "companies"].rows.get(str(id)) if id else None
        return None if row is None else str(row.values["name"]).split()[0]

    # -- the history --------------------------------------------------------------------------------------

    def play(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            for _ in range(self.rng.randint(2, 7)):
                self.clock.sleep(self.rng.choice((1, 5, 40)))
                self.work()
            for _ in range(self.rng.randint(0, 2)):
                self._fail()
            self._rest()
            self._judge()
            self.moved.clear()

    def _fail(self) -> None:
        rates = {fault: self.rng.choice((0.05, 0.2)) for fault in RATES if self.rng.random() < 0.3}
        for app in self.apps.values():
            app.faults = Flaky(self.rng, rates)  # type: ignore[arg-type]
        self.dying = self.rng.choice((0.0, 0.01, 0.05))
        try:
            self.run()
        except Crash:
            self.db = self.opened()
        for app in self.apps.values():
            app.faults = None
        self.dying = 0.0

    def _rest(self) -> None:
        quiet = 0
        for _ in range(MOST_RUNS):
            self.clock.sleep(300)
            quiet = quiet + 1 if self.run() == 0 else 0
            if quiet == 2:
                return
        self.violations.append("unquiet: still writing")

    # -- what must be true at rest ------------------------------------------------------------------------

    def _judge(self) -> None:
        for app in BOTH:
            names = [str(v["name"]).split()[0] for v in self.apps[app, "companies"].records.values()]
            self._once(f"companies of {app}", names)
            missing = {c for c in self.lives.values() if c} - {*names, *self.archived}
            if missing:
                self.violations.append(f"missing: {sorted(missing)} in {app}")
        for app in (*BOTH, "mail"):
            people = self.apps[app, "contacts"].records
            self._once(f"people of {app}", [str(v["name"]) for v in people.values()])
            for name in self.lives.keys() - {str(v["name"]) for v in people.values()}:
                self.violations.append(f"missing: {name} in {app}")
            for values in people.values():
                self._lives_there(app, str(values["name"]), values["company"])

    def _once(self, where: str, names: list[str]) -> None:
        if len(names) != len(set(names)):
            self.violations.append(f"duplicate: {where} are {sorted(names)}")

    def _lives_there(self, app: str, name: str, company: object) -> None:
        due = self.lives[name]
        if due in self.archived:
            return
        shown = (str(company).split()[0] if company else None) if app == "mail" else self._named(app, company)
        if shown != due:
            self.violations.append(f"convergence: {name} is at {shown} in {app}, and was put at {due}")


def play(path: Path, seed: int) -> list[str]:
    """What broke in the town with this seed."""
    here = SimTown(path, seed)
    try:
        here.play()
    finally:
        here.raw.close()
    return here.violations
