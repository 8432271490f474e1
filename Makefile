# Needs Python 3.11 or later and make; everything else goes into .venv, pinned with hashes.
# A company index works through pip's own configuration: no index address is written here.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; \
	done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA ?= ../shared/data
ARGS ?=

.PHONY: help demo test check bench bench-trace bench-quick docs messages format lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Serve a desk full of made-up people, with a leak to trace, on localhost:8000
	$(BIN)/hubao desk demo --out var/demo $(ARGS)

test: $(READY) ## Run every test, with coverage
	$(BIN)/python -m pytest --numprocesses=auto --cov --cov-report=term $(ARGS)

check: $(READY) ## Lint, types, import directions, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

bench: $(READY) ## Run every bench on the real logs in DATA=DIR (ARGS="--only NAME": one); writes docs/benchmarks.md
	$(BIN)/python bench/run_all.py --data "$(DATA)" $(ARGS)

bench-trace: $(READY) ## Make the draws of the accuracy scoreboard (hours; goes on where it was)
	$(BIN)/python bench/trace_accuracy.py $(ARGS)

bench-quick: $(READY) ## The same in small, without writing; fails where an accuracy goal is missed
	$(BIN)/python bench/run_all.py --quick --no-page --data "$(DATA)"

docs: $(READY) ## Rewrite the generated pages of docs/reference
	$(BIN)/python docs/generate.py

messages: $(READY) ## Gather the console's sentences and compile the Chinese ones
	$(BIN)/python docs/messages.py

format: $(READY) ## Format and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# pip-compile reads no dependency groups, so the dev group is handed to it as a file.
lock: $(READY) ## Pin again after a change in pyproject.toml (ARGS=--upgrade: newest versions)
	@mkdir -p build
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > build/dev-group.in
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --no-config --generate-hashes --allow-unsafe --no-strip-extras --all-extras \
		--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock $(ARGS) pyproject.toml build/dev-group.in
	sed -i 's#-r build/dev-group.in#the dev group of pyproject.toml#' requirements.lock

clean: ## Remove everything that was made
	rm -rf $(VENV) build dist var htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

# The mark is written last: an interrupted install leaves none, and the next run starts over.
$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "hubao needs Python 3.11 or later: install it, or say where it is with make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hubao needs Python 3.11 or later, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1): say where a newer one is with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@if [ -f $@ ]; then rm -f $@; else "$(PYTHON)" -m venv --clear $(VENV); fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@
