"""Each command that changes the state, typed beside the service while somebody works there: it says that it
waits, gets its turn, and does what it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.sandbox.server import Sandbox
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.store.lease import hold
from tests.process.test_serve import edit
from tests.service.serving import Served

CITY = "  city:\n    type: text\n"
WAITS = "Waiting for our turn beside the service"


@dataclass
class World:
    """What the commands are about. `people`: golden id -> a record in the mailing tool."""

    served: Served
    sandbox: Sandbox
    run: str = ""
    people: dict[str, str] = field(default_factory=dict)
    conflict: int = 0

    def who(self, number: int) -> str:
        """A person's golden id."""
        return list(self.people)[number]

    @property
    def state(self) -> str:
        return f"sqlite:///{self.served.folder / 'syncer.db'}"

    def typed(self, *args: str) -> tuple[int, list[Any], str]:
        """A command while the lease is held; that is given up once the command says that it waits."""
        db, ports = Database(self.state), Ports()
        said: list[str] = []
        waiting = threading.Event()

        def listen() -> None:
            for line in process.stderr or ():
                said.append(line.decode())
                if WAITS in said[-1]:
                    waiting.set()

        with self.served.command(*args) as process:
            listener = threading.Thread(target=listen, daemon=True)
            with hold(db, "contacts", ports.holder, ports.now, ports.alive):
                listener.start()
                waited = waiting.wait(30)
            listener.join(60)
            out = (process.stdout.read() if process.stdout else b"").decode()
        db.close()
        assert waited, (args, out, said)
        return process.returncode, [json.loads(line) for line in out.splitlines()], "".join(said)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """In step, with conflicts about towns that wait for a person."""
    with Sandbox(people=30, seed=3) as sandbox:
        served = Served(tmp_path_factory.mktemp("beside"), sandbox, every="1d")
        mapping = served.folder / "mappings" / "contacts.yaml"
        mapping.write_text(mapping.read_text().replace(CITY, f"{CITY}    rule: manual\n"))
        with served.on():
            served.logged("run ended", sync="contacts")
            made = World(served, sandbox)
            edit(sandbox, "Bandar Anzali")
            made.run = served.run("sync", "contacts", "--json")[1][0]["run"]
            made.conflict = served.run("conflicts", "list", "--held", "--json")[1][0][0]["seq"]
            db = Database(made.state)
            with db.reading():
                rows = db.rows(
                    "SELECT golden, MIN(id) FROM link WHERE space = 'contacts' AND app = 'mailerlite'"
                    " GROUP BY golden"
                )
            made.people = {str(golden): f"mailerlite:{id}" for golden, id in rows}
            db.close()
            yield made


def planned(world: World) -> list[str]:
    edit(world.sandbox, "Bandar Abbas")
    return ["plan", "contacts", "--out", str(world.served.folder / "p"), "--json"]


Typed = Callable[[World], list[str]]
COMMANDS: dict[str, tuple[Typed, set[int]]] = {
    "sync": (lambda w: ["sync", "contacts", "--json"], {0}),
    "sync of one": (lambda w: ["sync", "contacts", "--record", w.who(0), "--json"], {0}),
    "dry run": (lambda w: ["sync", "contacts", "--dry-run", "--json"], {0}),
    "plan": (lambda w: ["plan", "contacts", "--json"], {0}),
    "plan kept": (planned, {0}),
    "apply": (lambda w: ["apply", str(w.served.folder / "p"), "--json"], {0}),
    "resync": (lambda w: ["resync", "contacts", "--json"], {0}),
    "verify": (lambda w: ["verify", "contacts", "--json"], {0}),
    "verify and repair": (lambda w: ["verify", "contacts", "--repair", "--json"], {0}),
    "link": (lambda w: ["link", w.who(0), w.who(1), "--yes", "--json"], {0, 4}),
    "unlink": (lambda w: ["unlink", w.people[w.who(1)], "--yes", "--json"], {0, 4}),
    "resolve": (lambda w: ["conflicts", "resolve", str(w.conflict), "--value", "Bogor", "--json"], {0}),
    "forget": (lambda w: ["forget", w.who(2), "--yes", "--json"], {0, 4}),
    "undo": (lambda w: ["undo", w.run, "--yes", "--json"], {0}),  # holds the sync, so that it comes last
}


@pytest.mark.slow
@pytest.mark.timeout(600)  # the first one waits for a first sync
@pytest.mark.parametrize(("typed", "codes"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_waits_for_its_turn_and_does_its_work(world: World, typed: Typed, codes: set[int]) -> None:
    code, lines, said = world.typed(*typed(world))
    assert code in codes, (lines, said)
    assert lines
    assert said.count(WAITS) >= 1
