# Two commands matter: `make demo` and `make test`. Both set everything up first.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help setup demo test check format lock gallery parity cards tagging-bench slack-bench bench faults mutants teams-pictures teams-bench clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## .venv with .venv/bin/instep, from the lock

$(STAMP): pyproject.toml requirements/dev.txt scripts/python_fits.py
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Instep needs Python: install CPython 3.11 or newer, then run this again."; exit 1; }
	@$(PYTHON) scripts/python_fits.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the playground with a demo company, at http://127.0.0.1:8080
	@$(BIN)/instep demo

test: setup check ## every check there is
	@$(BIN)/python -m pytest --features=build/features.json
	@$(BIN)/python scripts/parity.py build/features.json --check

check: setup ## format, lint, types and import contracts, without the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/house_rules.py

format: setup ## rewrite the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## make requirements/ again from pyproject.toml
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev -o requirements/dev.txt

gallery: setup ## every sentence of the bot on one page: build/gallery.html
	@$(BIN)/python scripts/gallery.py

parity: setup ## docs/parity.md from what comes of the features' tests on each platform
	@$(BIN)/python -m pytest -q -m feature --features=build/features.json
	@$(BIN)/python scripts/parity.py build/features.json

cards: setup ## each view's example as an Adaptive Card, kept in tests/adapters/msteams/cards to be compared with
	@PYTHONPATH=. $(BIN)/python scripts/keep_cards.py

slack-bench: setup ## acknowledgements of Slack under load, over signed HTTP
	@$(BIN)/python -m scripts.bench_slack

tagging-bench: setup ## the tagger's figures on real data: INSTEP_TAGGING_DATA=folder make tagging-bench
	@$(BIN)/python scripts/tagging_bench.py

bench: setup ## the engine's figures, into docs/benchmarks.md: some twenty minutes
	@$(BIN)/python -m scripts.bench $(ONLY)

faults: setup ## everything that can break, really broken, for some minutes
	@INSTEP_FAULT_ROUNDS=60 $(BIN)/python -m pytest tests/faults

mutants: setup ## each protection taken out, to see a test fail: some ten minutes
	@$(BIN)/python scripts/mutants.py
teams-pictures: setup ## every card as Microsoft's renderer draws it: build/teams/pictures/ (needs npm and a Chromium)
	@npm install --no-save --no-audit --no-fund --silent --prefix build/teams adaptivecards@3.0.6 @microsoft/app-manifest
	@PYTHONPATH=. $(BIN)/python scripts/teams_pictures.py

teams-bench: setup ## Teams under load, against the fake of its services
	@$(BIN)/python -m scripts.bench_teams


clean: ## forget the environment
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
