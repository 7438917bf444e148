# Works with GNU make 3.81 and later. PYTHON=… names the interpreter for .venv.
BIN := .venv/bin
PYTEST := $(BIN)/pytest --numprocesses auto

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-fast test-failover check lint types proto proto-check bench lock clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## .venv with the locked packages and pullfeed itself; every target does it when needed
	@PYTHON="$(PYTHON)" sh tools/environment.sh

run: setup ## the sample shop, served until Ctrl-C; state in ./.pullfeed; PULLFEED_HTTP_LISTEN=HOST:PORT elsewhere
	@$(BIN)/pullfeed try --serve

demo: setup ## the same on free ports without a person: walks, commits, compares, ends
	@$(BIN)/pullfeed try

test: setup ## every test that needs nothing but the package index
	$(PYTEST) -m "not slow and not failover"

test-fast: setup ## the tests of 20 seconds: units, and the store on SQLite
	$(PYTEST) -m "not slow and not postgresql and not failover" tests/unit tests/store

test-failover: setup ## kills a PostgreSQL server in the midst of all and promotes its standby; SHORT=1 once each way
	$(PYTEST) -m "failover$(if $(SHORT), and not slow)" tests/failover

# pytest ends with 5 where no test is marked slow.
check: setup ## the wheel in clean environments; failovers; without SHORT=1 also newest versions, slow tests, the Node example
	$(BIN)/python tools/wheel.py $(if $(SHORT),,--newest)
	$(MAKE) test-failover SHORT=$(SHORT)
	$(if $(SHORT),,$(PYTEST) -m "slow and not failover" -o faulthandler_timeout=3600 || [ $$? -eq 5 ])
	$(if $(SHORT),,sh tools/node.sh)

lint: setup ## style, format and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: setup ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright

proto: setup ## proto/gen from the protos
	$(BIN)/python tools/stubs.py write

proto-check: setup ## is proto/gen what the protos say, and do they keep style, format and promises
	$(BIN)/python tools/stubs.py check
	$(BIN)/python tools/schema.py

bench: setup ## pages and crawls beside hand-written peers, as ratios
	$(BIN)/python -m bench

lock: setup ## requirements.lock from pyproject.toml; UPGRADE=1 takes newer versions
	@UPGRADE="$(UPGRADE)" sh tools/lock.sh

clean: ## removes state, builds and caches; keeps .venv
	rm -rf .pullfeed build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find client facade proto server tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## clean, and .venv too
	rm -rf .venv
