"""One mapping and the apps that it is over, drawn at random: fields of all types, each in a form of its own
in each app; rules, directions, blanks and joins; consent, a field that is worked out, a filter."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contract import FieldSpec
from connectors.memory import Traits
from tests.simulation.engine.settings import FILTER, FULL, KIND, OPT_OUT, OPT_OUT_SET, STATUS, STATUS_SET
from tests.simulation.typed.draft import Draft, Line, keys
from tests.simulation.typed.forms import FORMS, SAID, SETS, Typed, one_of, words

RULES = ("newest", "newest", "first", "longest", "manual", "prefer", "only", "source")
NUMBERS = ("integer", "decimal", "money", "date", "datetime")

CONSENTS: tuple[tuple[FieldSpec, str, Typed], ...] = (
    (FieldSpec("consent", kind="choice", options=FULL), "consent", one_of(*FULL, None)),
    (
        FieldSpec("consent", kind="consent", consent=STATUS, consent_set=STATUS_SET),
        "consent",
        one_of(*STATUS),
    ),
    (
        FieldSpec("consent", kind="consent", consent=OPT_OUT, consent_set=OPT_OUT_SET),
        "consent",
        one_of(*OPT_OUT, None),
    ),
    (
        FieldSpec("consent"),
        '{field: consent, values: {subscribed: "yes", unsubscribed: "no"}}',
        one_of("yes", "no", "Yes", "dunno", None),
    ),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """`draft`: the mapping; `typed`: what people type, by app and field; `authority`: whose opt-in counts."""

    draft: Draft
    traits: Mapping[str, Traits]
    typed: Mapping[tuple[str, str], Typed]
    authority: frozenset[str]
    filtered: frozenset[str]


class Drawing:
    """A mapping while it is being drawn, line by line."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.apps = [f"a{i}" for i in range(rng.choice((2, 2, 3, 3, 4)))]
        habits = ((), ("trim", "lower"))
        self.fields = {app: [FieldSpec("email", coerce=rng.choice(habits))] for app in self.apps}
        self.typed: dict[tuple[str, str], Typed] = {}
        self.lines: dict[str, Line] = {}
        self.authority: list[str] = []
        self.filtered = rng.sample(self.apps, 1) if rng.random() < 0.15 else []

    def drawn(self) -> Drawn:
        for n in range(self.rng.randint(1, 4)):
            self._field(f"f{n}", self.rng.choice((*FORMS, *SETS, *SETS)))  # of sets more can be lost
        if self.rng.random() < 0.3:
            self._worked_out()
        if self.rng.random() < 0.35:
            self._consent()
        apps = {app: self._part(app) for app in self.apps}
        self.lines["email"] = Line({"type": "email"}, dict.fromkeys(self.apps, "email"))
        traits = {app: self._traits(app) for app in self.apps}
        draft = Draft(apps, self.lines)
        return Drawn(draft, traits, self.typed, frozenset(self.authority), frozenset(self.filtered))

    def _part(self, app: str) -> dict[str, str]:
        """What the mapping says of an app as a whole."""
        rng = self.rng
        said = ["object: contacts", *(["creates: false"] if rng.random() < 0.15 else [])]
        if app in self.filtered:
            self.fields[app].append(FieldSpec(KIND))
            said.append(f'only: "{FILTER}"')
        if rng.random() < 0.2:
            field = rng.choice(list(self.lines))
            said.append(f'create_when: "{rng.choice((f"{field} != null", f"{field} == null"))}"')
        return keys(said)

    def _field(self, name: str, kind: str) -> None:
        rng = self.rng
        where = sorted(rng.sample(self.apps, rng.randint(2, len(self.apps))))
        places = {}
        for app in where:
            form = rng.choice(FORMS[kind])
            self.fields[app].append(FieldSpec(name, **form.spec))
            self.typed[app, name] = form.typed
            places[app] = f"{{field: {name}{form.place and ', '}{form.place}}}"
        said = [f"type: {kind}", rng.choice(SAID.get(kind, ("",))), *decided(rng, kind, where)]
        self.lines[name] = Line(keys(said), places)

    def _worked_out(self) -> None:
        """A field that is worked out of another, shown in one app."""
        app, field = self.rng.choice(self.apps), self.rng.choice(list(self.lines))
        worth = self.rng.choice(("email + '!'", f"{field} != null ? 'has' : null", f"string({field})"))
        self.fields[app].append(FieldSpec("badge"))
        self.typed[app, "badge"] = words
        self.lines["badge"] = Line({"value": f'"{worth}"'}, {app: "badge"})

    def _consent(self) -> None:
        rng = self.rng
        where = sorted(rng.sample(self.apps, rng.randint(2, len(self.apps))))
        places = {}
        for app in where:
            spec, places[app], self.typed[app, "consent"] = rng.choice(CONSENTS)
            self.fields[app].append(spec)
        self.authority = rng.sample(where, rng.randint(1, len(where))) if rng.random() < 0.8 else []
        said = ["type: consent"]
        said += [f"authority: [{', '.join(self.authority)}]"] if self.authority else []
        if rng.random() < 0.2:
            said.append(f"direction: {{{rng.choice(where)}: {rng.choice(('from', 'to'))}}}")
        self.lines["consent"] = Line(keys(said), places)

    def _traits(self, app: str) -> Traits:
        rng = self.rng
        tells = any(f.name == "consent" and f.consent == STATUS for f in self.fields[app])
        return Traits(
            fields=tuple(self.fields[app]),
            account=app,
            unique=("email",),
            feed=rng.choice(("changes", "changes", "scan")),
            lag=rng.choice((0.0, 0.0, 0.0, 5.0)),
            granularity=rng.choice((0.0, 0.001, 1.0, 60.0)),
            field_stamps=rng.random() < 0.3,
            answers=rng.random() < 0.7,
            archive=rng.choice(("restorable", "final", "none")),
            lists_archived=rng.random() < 0.3,
            consent_on_new="subscribed" if tells and rng.random() < 0.6 else None,
        )


def decided(rng: random.Random, kind: str, where: list[str]) -> list[str]:
    """What the mapping says of how values of several apps become one."""
    said: list[str] = []
    more = ("union",) * 3 if kind in SETS else ("highest", "lowest") if kind in NUMBERS else ()
    rule = rng.choice(RULES + more)
    some = rng.sample(where, rng.randint(1, len(where)))
    if rule == "source":
        first, other = some[0], some[-1]
        rule = f"{{source: [{{when: \"email.contains('p0')\", app: {first}}}, {{app: {other}}}]}}"
    elif rule in ("prefer", "only"):
        rule = f"{{prefer: [{', '.join(some)}]}}" if rule == "prefer" else f"{{only: {some[0]}}}"
    said.append(f"rule: {rule}")
    if "only" not in rule and rng.random() < 0.3:
        said.append(f"direction: {{{rng.choice(where)}: {rng.choice(('from', 'to', 'to'))}}}")
    said += ["on_join: rule"] if rng.random() < 0.25 else []
    return said + (["blank: keep"] if rng.random() < 0.25 else [])
