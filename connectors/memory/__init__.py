"""An app in this process and its connector: the reference for the contract, and the ground of simulations."""

from connectors.memory.app import Entry, Gone, MemoryApp, Refused, Taken
from connectors.memory.connector import MemoryConnector
from connectors.memory.faults import FAULTS, Fault, Flaky, normalising, stale
from connectors.memory.traits import Traits

__all__ = [
    "FAULTS",
    "Entry",
    "Fault",
    "Flaky",
    "Gone",
    "MemoryApp",
    "MemoryConnector",
    "Refused",
    "Taken",
    "Traits",
    "normalising",
    "stale",
]
