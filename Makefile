# Everything runs in its own environment: nothing but Python >= 3.11, make and a network for packages.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= auto

.PHONY: help demo test lint bench ledger coverage docs clean
help:            ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pilotwire needs Python 3.11 or newer; this is %s. Choose another with: make PYTHON=/path/to/python3" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed   ## a car charges through the whole system, in all three protocol versions (ONCE=1: end by itself)
	$(BIN)/pilotwire demo $(if $(ONCE),--once)

test: $(VENV)/.installed   ## the whole test suite, in parallel
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(VENV)/.installed   ## formatter, linter, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed  ## the figures: ratios against peers measured in the same run
	$(BIN)/python -m benchmarks

ledger: $(VENV)/.installed ## docs/requirements.md: which numbered requirement is proven by which test
	$(BIN)/python tools/ledger.py $(if $(CHECK),--check)

coverage: $(VENV)/.installed ## docs/coverage.md: what the CSMS does with every action (CHECK=1: only say whether it is current)
	$(BIN)/python tools/action_coverage.py $(if $(CHECK),--check)

docs: $(VENV)/.installed   ## the documentation as a site, in site/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/mkdocs build --quiet --site-dir site

clean:           ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
