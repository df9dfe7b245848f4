# Every target says the raw command beside it; `make demo` and `make test` do all set-up.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint unit coverage setup setup-dev system-packages bench screenshots docs crash clean

# python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/newsletter demo
demo: $(VENV)/installed
	$(BIN)/newsletter demo

# .venv/bin/pip install -e '.[dev,dkim,fast]', then lint, types, contracts, tests
test: $(VENV)/installed-dev system-packages lint unit

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The same code gives the same answer here: no new examples, one order. Bare pytest explores.
unit: $(VENV)/installed-dev
	CI=1 $(BIN)/pytest -n 4 --dist loadgroup -q --randomly-seed=2016

# .venv/bin/pytest --cov --cov-branch: what no test has run, the command line included
coverage: $(VENV)/installed-dev
	CI=1 $(BIN)/pytest -n 4 --dist loadgroup -q --cov --cov-report=term-missing:skip-covered

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q newsletter
	touch $@

$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,dkim,fast]'
	touch $@ $(VENV)/installed

system-packages:
	sh scripts/install-system-packages

# .venv/bin/pip install -e '.[bench]'; python -m bench NAME measures one of them
bench: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m bench --write docs/benchmarks.md

# docs/reference/cli.md from --help of every command
docs: $(VENV)/installed-dev
	$(BIN)/python scripts/reference.py

# .venv/bin/python scripts/screenshots.py docs/screenshots
screenshots: $(VENV)/installed-dev
	$(BIN)/python scripts/screenshots.py docs/screenshots

# .venv/bin/python scripts/crash.py 100000 100 docs/explanation/killed.md
crash: $(VENV)/installed-dev
	$(BIN)/python scripts/crash.py 100000 100 docs/explanation/killed.md
