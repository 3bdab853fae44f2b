# Two commands do all the set-up on a machine with Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO := .demo
SOURCES := schemas warehouse curation flows dashboards simulation benchmarks tests docs

.DEFAULT_GOAL := help
.PHONY: help install demo test check format docs browser loaders bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.core: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/.all: $(VENV)/.core
	$(INSTALL) --editable '.[models,dev]'
	touch $@

install: $(VENV)/.core ## Install what `winnow` needs into .venv

demo: $(VENV)/.core ## Simulate rollouts, then ingest, score, curate and export them (nothing to start)
	rm -rf $(DEMO)
	$(BIN)/python -m simulation --out $(DEMO)/simulated --tasks 60 --trials 8 --seed 7
	$(BIN)/winnow run flows/recipes/demo.yaml $(DEMO)/simulated/rollouts --warehouse $(DEMO)/warehouse --out $(DEMO)/exports
	$(BIN)/winnow status --warehouse $(DEMO)/warehouse
	$(BIN)/winnow sql "SELECT * FROM group_signals ORDER BY pass_rate LIMIT 5" --warehouse $(DEMO)/warehouse
	@echo "Training sets are in $(DEMO)/exports; look around with: $(BIN)/winnow dashboard --warehouse $(DEMO)/warehouse"

test: $(VENV)/.all browser check ## Install everything, run all checks and all tests
	$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.all ## Format, lint, types, layers
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.all ## Format and fix what can be fixed
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

docs: $(VENV)/.core ## Generate the pages of tables, formats, signals and rules
	$(BIN)/python -m docs.generate

browser: # Debian's Chromium for the one browser test; where it cannot be had, that test skips and says so
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq >/dev/null && apt-get install -qq -y chromium >/dev/null; } \
	  || echo "no chromium here: the browser test will skip"

loaders: $(VENV)/.all ## Prove exports by the trainers' own loaders, each in an environment of its own under .loaders
	$(BIN)/python -m tests.loaders.run $(LOADERS)

bench: $(VENV)/.all ## Run the benchmarks; figures are kept in benchmarks/README.md
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.score
	$(BIN)/python -m benchmarks.sql

clean: ## Remove what make made
	rm -rf $(VENV) $(DEMO) .loaders .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
