# GNU make 3.81 or later (the one macOS has is enough).

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test bench mutants format catalogues clean

help:
	@echo "make demo        a district with tablets, inspections and maps; ends serving it"
	@echo "make test        lint, types, import contracts and all tests"
	@echo "make bench       how fast it is on this machine; takes some minutes"
	@echo "make mutants     whether the tests notice each change of a rule; takes hours"
	@echo "make format      format the code, mend what can be mended"
	@echo "make catalogues  compile the translations after editing a .po file"
	@echo "make clean       remove what was built; keeps demo-data"

demo: $(VENV)/.installed
	$(BIN)/xunji demo --data demo-data

# Every check runs, whichever failed before it; pytest's summary comes last.
test: $(VENV)/.installed-dev catalogues
	@$(BIN)/python -m tests.machine
	@failed=; \
	for check in "ruff check ." "ruff format --check ." pyright "lint-imports --no-cache" \
	    "pytest -n auto --no-skips"; do \
	  echo "== $$check"; $(BIN)/$$check || failed="$$failed [$$check]"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

bench: $(VENV)/.installed
	$(BIN)/xunji bench

mutants: $(VENV)/.installed-dev catalogues
	$(BIN)/python make/mutants.py

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

catalogues: $(VENV)/.installed-dev
	$(BIN)/python make/hatch_build.py

clean:
	rm -rf $(VENV) build dist mutants backend/static/vendor .hypothesis .import_linter_cache \
	  .pytest_cache .ruff_cache .coverage .coverage.*
	find backend mobile events projections tests make \
	  \( -name __pycache__ -o -name '*.mo' \) -prune -exec rm -rf {} +

$(VENV)/.installed-dev: pyproject.toml make/hatch_build.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed: pyproject.toml make/hatch_build.py $(wildcard */locale/*/LC_MESSAGES/*.po) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Kivy has wheels for Python 3.11 to 3.13 only.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    $$python -m venv $(VENV) && exit 0; \
	    echo "$$python cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 is needed, and was not found as python3, python3.13, python3.12 or" >&2; \
	echo "python3.11. Name one that is elsewhere: make PYTHON=/path/to/python3.12" >&2; \
	exit 1
