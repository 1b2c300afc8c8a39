# Everything runs in .venv, made here from the lock files. `make help` lists the targets.
# Builds of Python differ by half in speed (one made without its compiler's optimisations is the slow one): of the
# first on the path and the system's own, the faster one that can make an environment. `make PYTHON=...` names another.
PYTHON ?= $(or $(shell for python in python3 /usr/bin/python3; do $$python -c '$(TIMED)' 2>/dev/null; done \
	| sort -n | head -n 1 | cut -d ' ' -f 2),python3)
TIMED = import sys, timeit, ensurepip, venv; assert sys.version_info >= (3, 11); \
	print(min(timeit.repeat("[str(n) for n in range(9999)]", number=9)), sys.executable)
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

.venv/.runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q syncer connectors mappings conflicts
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: install
install: .venv/.runtime ## Install what running needs, from the lock, into .venv

.PHONY: demo
demo: .venv/.runtime ## Sync three simulated apps and tell the story (under a minute)
	@$(BIN)/syncer demo

.PHONY: test
test: .venv/.dev ## The fast tests (under 3 minutes)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

.PHONY: test-all
test-all: .venv/.dev ## All tests, the slow ones too (under 30 minutes)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

SEEDS ?= 10000
.PHONY: simulate
simulate: .venv/.dev ## Play random histories of the engine (SEEDS=10000, or from:to) and check every promise
	@$(BIN)/python -m tests.simulation.engine.run --seeds $(SEEDS)

.PHONY: simulate-undo
simulate-undo: .venv/.dev ## The same, with an undo in each
	@$(BIN)/python -m tests.simulation.engine.run --undo --seeds $(SEEDS)

.PHONY: simulate-steward
simulate-steward: .venv/.dev ## The same, with a person who settles, links and repairs between the runs
	@$(BIN)/python -m tests.simulation.engine.run --steward --seeds $(SEEDS)

.PHONY: simulate-remap
simulate-remap: .venv/.dev ## The same, with a mapping that goes on changing
	@$(BIN)/python -m tests.simulation.engine.run --remap --seeds $(SEEDS)

.PHONY: simulate-typed
simulate-typed: .venv/.dev ## Random histories with random mappings: all types, forms, rules and directions
	@$(BIN)/python -m tests.simulation.engine.run --typed --seeds $(SEEDS)

.PHONY: simulate-mutants
simulate-mutants: .venv/.dev ## Break the engine in many ways and show that the histories notice each
	@$(BIN)/python -m tests.simulation.engine.run_mutants

SOAK_MINUTES ?= 15
.PHONY: soak
soak: .venv/.dev ## Run the service for 15 minutes with edits, faults and kills; then nothing may have drifted
	@SOAK_MINUTES=$(SOAK_MINUTES) $(BIN)/python -m tests.soak.run

.PHONY: lint
lint: .venv/.dev ## ruff, mypy strict, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: .venv/.dev ## Let ruff put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: docs
docs: .venv/.runtime ## Write the generated pages under docs/, and the schemas
	@$(BIN)/python -m syncer.cli.reference
	@$(BIN)/syncer schema --write

.PHONY: bench
bench: .venv/.runtime ## Print the speed figures that the README quotes
	@$(BIN)/python -m benchmarks.run

.PHONY: lock
lock: ## Pin the dependencies anew (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build pyproject.toml -o requirements.lock
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra bench -c requirements.lock pyproject.toml -o requirements-bench.lock
