"""What is judged of a company that goes from one app alone, while all is at rest, and comes back there.

arrives      no golden value moves, of a company or of anybody who points to it
convergence  whoever golden puts into that company is in it, also where an app took it from them (`rest.py`)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.typed.alone import Values, golden_values, moved
from tests.simulation.typed.rest import judge

if TYPE_CHECKING:
    from tests.simulation.typed.world import World


def gone_alone(w: World) -> None:
    """A company goes from one app, and comes back there: no golden value moves."""
    companies = w.companies
    if companies is None or w.off:
        return
    places = [(name, id) for name, app in companies.apps.items() for id in sorted(app.records)]
    if not places:
        return
    app, id = w.rng.choice(places)
    before = golden_values(w)
    w.clock.sleep(120)
    companies.archive(app, id)
    _settled(w, before, f"{app}/{id} was archived")
    if w.violations:
        return
    w.clock.sleep(120)
    companies.restore(app, id)
    _settled(w, before, f"{app}/{id} came back")


def _settled(w: World, before: Values, why: str) -> None:
    w.settle()
    for what in moved(w, before):
        w.report("arrives", f"{what}, since company {why}")
    if not w.violations:
        judge(w)
