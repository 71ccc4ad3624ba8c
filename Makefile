# Everything sets itself up: `make demo` and `make test` work in a fresh clone.
# PYTHON chooses the interpreter, VENV the environment that is made from it.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
TREE = $(VENV)/tree
CLEAN = examples/sound
BROKEN = examples/broken

.PHONY: demo test lint docs engines

# The gate on an image that passes and on one that does not. Both verdicts are right, so neither ends the demo.
demo: $(VENV)/.installed
	-$(BIN)/mlgate check $(CLEAN)
	-$(BIN)/mlgate check $(BROKEN)

test: engines
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest

# The types are checked where the packages stand when they are installed: rules/ is gate.rules.
lint: $(VENV)/.developing
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	rm -rf $(TREE) && mkdir -p $(TREE)/gate
	ln -s $(abspath gate)/* $(abspath rules policies reports) $(TREE)/gate
	MYPYPATH=$(TREE) $(BIN)/mypy

# The real engines of the tests: found, or installed once into a cache.
engines: $(VENV)/.developing
	$(BIN)/python -m tests.engines install

# What is written by the program; a test compares it.
docs: $(VENV)/.developing
	$(BIN)/python -m tests.docs

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --disable-pip-version-check install -q "pip>=25.1"

# An editable installation is compiled here, as pip compiles any other: else each start may do it anew.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip --disable-pip-version-check install -q -e .
	$(BIN)/python -m compileall -q gate rules policies reports
	touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip --disable-pip-version-check install -q --group dev
	touch $@
