PYTHON ?= python3
CLEAN = examples/sound
BROKEN = examples/broken

.PHONY: demo test lint docs

# The gate on an image that passes and on one that does not. Both verdicts are right, so neither ends the demo.
demo:
	-$(PYTHON) -m gate check $(CLEAN)
	-$(PYTHON) -m gate check $(BROKEN)

test:
	$(PYTHON) -m pytest

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

# What is written by the program; a test compares it.
docs:
	$(PYTHON) -m tests.docs
