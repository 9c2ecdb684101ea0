# Everything runs in its own environment: nothing but Python >= 3.11, make and a network for packages.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= auto

.PHONY: help demo test lint bench conformance ledger coverage docs clean
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

# Cases that apply only to a station which lacks a feature; ours is made without it for them.
WITHOUT := TC_B_15_CS TC_B_28_CS TC_B_29_CS TC_E_38_CS TC_F_27_CS TC_H_13_CS TC_K_12_CS TC_K_15_CS TC_K_38_CS TC_K_42_CS TC_L_11_CS TC_L_14_CS TC_L_15_CS TC_O_17_CS TC_O_19_CS

conformance: $(VENV)/.installed ## our station and our CSMS under the conformance bench (EVERY=4: each fourth case)
	$(BIN)/pilotwire test station --side-by-side 12 --every $(or $(EVERY),1) --results build/conformance/station
	$(BIN)/pilotwire test station $(WITHOUT) --plan src/pilotwire/conformance/plans/station-without.toml --side-by-side 8 --results build/conformance/station-without
	$(BIN)/pilotwire test station TC_L_12_CS TC_L_13_CS --plan src/pilotwire/conformance/plans/station-plain.toml --side-by-side 2 --results build/conformance/station-plain
	$(BIN)/pilotwire test station TC_C_47_CS TC_C_48_CS --plan src/pilotwire/conformance/plans/station-screen.toml --side-by-side 2 --results build/conformance/station-screen
	$(BIN)/pilotwire test station TC_C_05_CS --plan src/pilotwire/conformance/plans/station-closed.toml --results build/conformance/station-closed
	$(BIN)/pilotwire test csms own --side-by-side 8 --every $(or $(EVERY),1) --results build/conformance/csms

ledger: $(VENV)/.installed ## docs/requirements.md: which numbered requirement is proven by which test
	$(BIN)/python tools/ledger.py $(if $(CHECK),--check)

coverage: $(VENV)/.installed ## docs/coverage.md: what the CSMS does with every action (CHECK=1: only say whether it is current)
	$(BIN)/python tools/action_coverage.py $(if $(CHECK),--check)

docs: $(VENV)/.installed   ## the documentation as a site, in site/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/mkdocs build --quiet --site-dir site

clean:           ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
