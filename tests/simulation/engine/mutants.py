"""All deliberate errors of the engine, by where they are made."""

from __future__ import annotations

from tests.simulation.engine.mutants_of_deciding import OF_DECIDING
from tests.simulation.engine.mutants_of_exchange import OF_EXCHANGE

MUTANTS = (*OF_EXCHANGE, *OF_DECIDING)
BY_NAME = {m.name: m for m in MUTANTS}
