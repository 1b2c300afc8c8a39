"""What people do in the apps: type, clear, opt in and out, make, archive, restore and join records, and move
them into a filter and out of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from connectors.contract import Value
from connectors.memory import Gone, Refused
from tests.simulation.engine.apps import SimApp
from tests.simulation.engine.memory import tokens
from tests.simulation.engine.settings import KIND, OUTSIDE, TAGS

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

WORDS = ("Ada", "Bruno", "Dewi Sri", "Emmanuelle", "Farhad", "Gita", "Hans Peter", "A rather long text")
NAMES = ("ada", "bruno", "dewi", "emma", "farhad", "gita")
LIKE = {
    "first": ("Annabelle", "Christopher", "Guillermo", "Konstantin", "Rosalinda", "Wilhelmina"),
    "last": ("Abernathy", "Featherstone", "Hernandez", "Montgomery", "Papadopoulos", "Quattrocchi"),
}
CONSENT = {
    "full": ("subscribed", "subscribed", "unsubscribed", "unsubscribed", "pending", "bounced", None),
    "status": ("active", "active", "active", "out", "out", "waiting", "bounced"),
    "opt-out": ("true", None),
}
AWAY = ("down", "busy", "expired", "raised", "lapsed", "broken")  # faults by which an app cannot be read
ACTS: dict[str, float] = {
    "edit": 60,
    "retype": 14,
    "clear": 8,
    "consent": 14,
    "email": 3,
    "create": 8,
    "newcomer": 2,
    "archive": 2,
    "restore": 4,
    "delete": 1,
    "merge": 1,
    "touch": 2,
    "bulk": 2,
}
SCOPED = {"scope": 20.0}  # what people do besides where an app has a filter


class People:
    """Everybody in one world. Each act is one thing that somebody does just now, in one app."""

    def __init__(self, world: World, rng: random.Random, acts: Mapping[str, float]) -> None:
        self.world = world
        self.rng = rng
        self.acts = [(name, weight) for name, weight in acts.items() if weight]
        self.count = 0

    def token(self, person: int) -> int:
        self.count += 1
        self.world.memory.typed[self.count] = person
        return self.count

    def fresh(self, slot: str, person: int) -> Value:
        """A value that nobody has typed yet."""
        n, rng = self.token(person), self.rng
        if slot == "email":
            return f"k{n:03d}@x.test" if rng.random() < 0.7 else f"K{n:03d}@X.test"
        if slot == "phone":
            text = f"+6281230000{n:03d}"
            return f"{text[:3]} {text[3:6]}-{text[6:]}" if rng.random() < 0.4 else text
        if slot == "score":
            return n + rng.choice((0.0, 0.4, 0.25, 0.125))
        if slot in ("first", "last"):
            return self._name(n, person, slot)
        if slot == "name":
            return f"{self._name(n, person, 'first')} {self._name(self.token(person), person, 'last')}"
        word = f"k{n:03d} {rng.choice(WORDS)}"
        return f" {word} " if rng.random() < 0.1 else word

    def _name(self, n: int, person: int, part: str) -> str:
        """A name. Where names tell people apart, those of one person are alike: a record by another name is
        another person, as far as anybody can see."""
        name = self.rng.choice(NAMES)
        if self.world.mapping.match.names and not self.world.wish.unlike:
            return f"{LIKE[part][person % len(LIKE[part])]}k{n:03d}"
        return f"K{n:03d}{name}"

    def variant(self, value: Value) -> Value:
        """The same value, as somebody else would type it."""
        if not isinstance(value, str) or value.startswith("+"):
            return value
        return self.rng.choice((value, value.lower(), value.strip(), value.upper()))

    def consent(self, app: SimApp) -> Value:
        spec = app.fields["consent"]
        style = "full" if spec.kind == "choice" else "status" if len(spec.consent) > 1 else "opt-out"
        return self.rng.choice(CONSENT[style])

    # -- what exists at the start -------------------------------------------------------------------------

    def begin(self, number: int) -> None:
        for person in range(number):
            base: dict[str, Value] = {"email": self.fresh("email", person)}
            for app in self.world.apps.values():
                if self.rng.random() < 0.75:
                    self.make(person, app, base)

    def make(self, person: int, app: SimApp, base: dict[str, Value]) -> None:
        """Somebody enters a person into an app, more or less as others have."""
        values: dict[str, Value] = {"email": self.variant(base["email"])}
        for slot in app.fields:
            if slot in ("email", app.traits.external_id):
                continue
            if slot == "consent":
                values[slot] = self.consent(app) if self.rng.random() < 0.6 else None
            elif slot == KIND:
                values[slot] = OUTSIDE if self.rng.random() < 0.2 else None
            elif slot == "tags":
                values[slot] = self.rng.sample(TAGS, self.rng.randint(0, 2)) or None
            elif (chance := self.rng.random()) < 0.45:
                values[slot] = base.setdefault(slot, self.fresh(slot, person))
            elif chance < 0.6:
                values[slot] = self.variant(base.setdefault(slot, self.fresh(slot, person)))
            elif chance < 0.8:
                values[slot] = self.fresh(slot, person)
        values = {name: value for name, value in values.items() if value is not None}
        self.world.memory.creating = person
        app.user_create(values)

    # -- what is done -------------------------------------------------------------------------------------

    def act(self) -> None:
        """Somebody does something."""
        self.do(self.rng.choices([n for n, _ in self.acts], [w for _, w in self.acts])[0])

    def do(self, name: str) -> None:
        """This, in some app, if it can be done there."""
        app = self.rng.choice(list(self.world.apps.values()))
        try:
            getattr(self, f"_{name}")(app)
        except (Refused, Gone):
            return
        finally:
            self.world.memory.creating = None

    def _record(self, app: SimApp) -> str:
        ids = sorted(app.records)
        if not ids:
            raise Gone("nobody here")
        return self.rng.choice(ids)

    def _person(self, app: SimApp, id: str) -> int:
        return self.world.memory.person.get((app.account, id), 0)

    def _slot(self, app: SimApp) -> str:
        slots = [n for n in app.fields if n not in ("email", "consent", KIND, app.traits.external_id)]
        if not slots:
            raise Refused("nothing to edit")
        return self.rng.choice(slots)

    def _edit(self, app: SimApp) -> None:
        id, slot = self._record(app), self._slot(app)
        if slot == "tags":
            now = app.records[id]["tags"]
            tags = set(now if isinstance(now, list) else [])
            tags.symmetric_difference_update(self.rng.sample(TAGS, self.rng.randint(1, 2)))
            app.user_edit(id, {slot: sorted(tags) or None})
        else:
            app.user_edit(id, {slot: self.fresh(slot, self._person(app, id))})

    def _retype(self, app: SimApp) -> None:
        """What stands in another app, or stood here before."""
        id, slot = self._record(app), self._slot(app)
        family = set(self.world.memory.family(self._person(app, id)))
        told = [x.after for x in self.world.memory.log if x.slot == slot and x.key in family and x.after]
        if told and slot != "tags":
            app.user_edit(id, {slot: self.variant(self.rng.choice(told))})

    def _clear(self, app: SimApp) -> None:
        app.user_clear(self._record(app), self._slot(app))

    def _consent(self, app: SimApp) -> None:
        if "consent" in app.fields:
            app.user_edit(self._record(app), {"consent": self.consent(app)})

    def _scope(self, app: SimApp) -> None:
        """Into the filter, or out of it."""
        if KIND in app.fields:
            id = self._record(app)
            app.user_edit(id, {KIND: None if app.records[id][KIND] == OUTSIDE else OUTSIDE})

    def _email(self, app: SimApp) -> None:
        """A new address, for somebody whose records are all known to be one person's: before that, two
        addresses are two people."""
        id = self._record(app)
        memory, linked = self.world.memory, self.world.watch.linked
        family = memory.family(memory.of((app.account, id)) or 0)
        if len({linked.get(k) for k in family}) > 1 or (app.account, id) not in linked:
            return
        self.world.backups.clear()  # who is who cannot be told from a state that is older than an address
        app.user_edit(id, {"email": self.fresh("email", self._person(app, id))})

    def _create(self, app: SimApp) -> None:
        """Somebody known elsewhere is entered here, where nobody has yet."""
        here = {self.world.memory.of((app.account, id)) for id in app.records}
        others = [
            (person, values)
            for other in self.world.apps.values()
            for id, values in sorted(other.records.items())
            if (person := self.world.memory.of((other.account, id))) not in here and values["email"]
        ]
        if others:
            person, values = self.rng.choice(others)
            family = self.world.memory.family(person or 0)
            rows = [self.world.apps[a].records.get(i, {}) for a, i in family]
            latest = max((r["email"] for r in rows if r.get("email")), key=lambda e: max(tokens(e)))
            if not self._is_newest(latest, person or 0) or not self._can_be_known(latest):
                return
            known = {
                n: v for n, v in values.items() if n in app.fields and v and n not in ("consent", "tags")
            }
            self.make(person or 0, app, {**known, "email": latest})

    def _is_newest(self, email: str, person: int) -> bool:
        """Whether nobody typed a newer address, in a record that is gone or was not read yet."""
        memory = self.world.memory
        typed = memory.of_field(person, dict.fromkeys(self.world.apps, "email"))
        return max((t for x in typed for t in tokens(x.after)), default=0) in tokens(email)

    def _can_be_known(self, email: str) -> bool:
        """Whether it was shown whose a new address is, or surely will be by the time it matters: of an app
        that cannot be read, or was read in this run before the address changed, nobody can tell."""
        changes = [x for x in self.world.memory.log if x.slot == "email" and x.action == "edit"]
        shown = any(
            tokens(s.values.get("email")) & tokens(email)
            for shows in self.world.memory.shows.values()
            for s in shows
        )
        away = any(kind in self.world.faults.rates for kind in AWAY)
        away = away or self.world.running
        return shown or not away or not any(tokens(x.after) & tokens(email) for x in changes)

    def _newcomer(self, app: SimApp) -> None:
        person = max(self.world.memory.person.values(), default=0) + 1
        if person < 5:
            self.make(person, app, {"email": self.fresh("email", person)})

    def _archive(self, app: SimApp) -> None:
        app.user_archive(self._record(app))

    def _restore(self, app: SimApp) -> None:
        archived = sorted(id for id, row in app.rows.items() if row.state == "archived")
        if archived:
            app.user_restore(self.rng.choice(archived))

    def _delete(self, app: SimApp) -> None:
        app.user_delete(self._record(app))

    def _merge(self, app: SimApp) -> None:
        """The app joins two records on somebody's word."""
        loser, winner = self._record(app), self._record(app)
        memory = self.world.memory
        one, two = memory.of((app.account, loser)), memory.of((app.account, winner))
        if loser == winner or one is None or two is None:
            return
        self.world.memory.creating = two
        app.user_merge(loser, winner, new_id=self.rng.random() < 0.3)
        if one != two:
            memory.same[one] = two

    def _touch(self, app: SimApp) -> None:
        app.user_touch()

    def _bulk(self, app: SimApp) -> None:
        """One value for everybody, at one instant."""
        slot = self._slot(app)
        if slot in ("tags", "name", "first", "last", "score", "phone"):
            return
        clock = self.world.clock
        stopped, clock.stopped = clock.stopped, True
        for id in sorted(app.records):
            app.user_edit(id, {slot: self.fresh(slot, self._person(app, id))})
        clock.stopped = stopped
