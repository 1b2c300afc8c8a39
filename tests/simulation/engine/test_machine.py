"""The same worlds, driven by Hypothesis: it draws what people do and what fails, and shrinks what breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.memory import FAULTS
from tests.simulation.engine.faults import RATES
from tests.simulation.engine.history import History
from tests.simulation.engine.people import ACTS
from tests.simulation.engine.settings import Wish
from tests.simulation.engine.world import SEEDS_A_WORLD, World

WORLDS = 200
BETWEEN_CALLS = sorted(set(RATES) - set(FAULTS) - {"restore", "meddle", "crash"})


class Company(RuleBasedStateMachine):
    """People work, the engine runs, and things go wrong at steps that are drawn."""

    @initialize(world=st.integers(0, WORLDS), rng=st.randoms(use_true_random=False), people=st.integers(1, 2))
    def begin(self, world: int, rng: Any, people: int) -> None:
        self.world = World(world * SEEDS_A_WORLD, Wish(faults={}), rng=rng)
        self.history = History(self.world)
        self.world.people.begin(people)

    @rule(name=st.sampled_from(sorted(ACTS)), seconds=st.sampled_from((1, 40, 400)))
    def somebody_works(self, name: str, seconds: int) -> None:
        self.world.clock.sleep(seconds)
        self.world.people.do(name)

    @rule(fault=st.sampled_from((*FAULTS, *BETWEEN_CALLS)), rate=st.sampled_from((0.1, 0.5)))
    def a_run_with_a_fault(self, fault: str, rate: float) -> None:
        self.world.faults.rates = {fault: rate}
        self._run()

    @rule(fault=st.sampled_from(("none", *FAULTS)), step=st.integers(1, 60))
    def a_run_that_is_killed(self, fault: str, step: int) -> None:
        self.world.faults.rates = {fault: 0.3}
        self.world.die_at = self.world.steps + step
        self._run()

    @rule(rate=st.sampled_from((0.02, 0.1)))
    def a_run_while_people_work(self, rate: float) -> None:
        self.world.faults.rates = {"meddle": rate, "slow": 0.2}
        self._run()

    @rule()
    def a_run(self) -> None:
        self.world.faults.rates = {}
        self._run()

    @precondition(lambda self: self.world.mapping is not self.world.setting.later)
    @rule()
    def the_mapping_is_widened(self) -> None:
        self.history.widen()

    def _run(self) -> None:
        self.world.faults.on = True
        self.history.run()
        self.world.faults.on = False
        self._nothing_broken()

    def _nothing_broken(self) -> None:
        memory = self.world.memory
        assert not memory.violations, "\n".join((*memory.violations, *memory.last(60)))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.faults.rates = {}
                self.history.widen()
                self.history.peace()
                self._nothing_broken()
            finally:
                self.world.close()


def play(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Company,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_hypothesis_draws_keeps_every_promise() -> None:
    play(12, 10)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_much_that_hypothesis_draws_keeps_every_promise() -> None:
    play(40, 25)
