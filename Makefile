# Everything runs in its own environment: nothing but Python >= 3.11, make and a network for packages.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= auto

.PHONY: help demo test lint bench conformance fuzz sbom audit ledger coverage docs clean
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
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --twice

lint: $(VENV)/.installed   ## formatter, linter, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed  ## the figures: ratios against peers measured in the same run
	$(BIN)/python -m benchmarks

# Cases that apply only to a station which lacks a feature, or has fixed cables; ours is made so for them.
WITHOUT := TC_B_15_CS TC_B_28_CS TC_B_29_CS TC_E_38_CS TC_F_27_CS TC_H_13_CS TC_K_12_CS TC_K_15_CS TC_K_38_CS TC_K_42_CS TC_L_11_CS TC_L_14_CS TC_L_15_CS TC_O_17_CS TC_O_19_CS
WITHOUT16 := TC_017_2_CS TC_018_2_CS TC_032_1_CS TC_043_1_CS TC_048_4_CS TC_050_4_CS
PLANS := src/pilotwire/conformance/plans
TEST := $(BIN)/pilotwire test

conformance: $(VENV)/.installed ## our station and our CSMS under the conformance bench (EVERY=4: each fourth case)
	$(TEST) station --side-by-side 12 --every $(or $(EVERY),1) --again --results build/conformance/station
	$(TEST) station $(WITHOUT) --plan $(PLANS)/station-without.toml --side-by-side 8 --again --results build/conformance/station-without
	$(TEST) station TC_L_12_CS TC_L_13_CS --plan $(PLANS)/station-plain.toml --side-by-side 2 --again --results build/conformance/station-plain
	$(TEST) station TC_C_47_CS TC_C_48_CS --plan $(PLANS)/station-screen.toml --side-by-side 2 --again --results build/conformance/station-screen
	$(TEST) station TC_C_05_CS --plan $(PLANS)/station-closed.toml --again --results build/conformance/station-closed
	$(TEST) station --ocpp 1.6 --side-by-side 12 --every $(or $(EVERY),1) --again --results build/conformance/station16
	$(TEST) station $(WITHOUT16) --plan $(PLANS)/station16-without.toml --side-by-side 6 --again --results build/conformance/station16-without
	$(TEST) station --ocpp 2.1 --side-by-side 12 --every $(or $(EVERY),1) --again --results build/conformance/station21
	$(TEST) csms own --side-by-side 8 --every $(or $(EVERY),1) --again --results build/conformance/csms
	$(TEST) csms own --ocpp 1.6 --side-by-side 8 --every $(or $(EVERY),1) --again --results build/conformance/csms16
	$(TEST) csms own --ocpp 2.1 --side-by-side 8 --every $(or $(EVERY),1) --again --results build/conformance/csms21

fuzz: $(VENV)/.installed   ## every parser of bytes from outside, fed with bad input (SECONDS=600 in all)
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),600)

$(VENV)/.supply: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[supply]'
	@touch $@

sbom: $(VENV)/.supply      ## build/sbom.json: what Pilotwire is made of (CycloneDX)
	@mkdir -p build
	$(BIN)/python tools/supply_chain.py sbom build/sbom.json

audit: $(VENV)/.supply     ## known vulnerabilities of what Pilotwire is made of
	$(BIN)/python tools/supply_chain.py audit

ledger: $(VENV)/.installed ## docs/requirements.md: which numbered requirement is proven by which test
	$(BIN)/python tools/ledger.py $(if $(CHECK),--check)

coverage: $(VENV)/.installed ## docs/coverage.md: what the CSMS does with every action (CHECK=1: only say whether it is current)
	$(BIN)/python tools/action_coverage.py $(if $(CHECK),--check)

docs: $(VENV)/.installed   ## the documentation as a site, in site/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/mkdocs build --quiet --site-dir site

clean:           ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
