# Needs Python 3.11 or newer and make; everything else is installed into .venv. What the targets do: README.md.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
COUNTBRIDGE := .venv/bin/countbridge

.PHONY: setup demo demo-once demo-reset test check bench

setup: python
	@$(PYTHON) tools/bootstrap.py setup

demo: setup
	@exec $(COUNTBRIDGE) demo

demo-once: setup
	@exec $(COUNTBRIDGE) demo --once

demo-reset: setup
	@exec $(COUNTBRIDGE) demo --reset

test: python
	@$(PYTHON) tools/bootstrap.py test

check: python
	@$(PYTHON) tools/bootstrap.py check

bench: python
	@$(PYTHON) tools/bootstrap.py bench $(ONLY)

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Countbridge needs Python 3.11 or newer (python3 on the PATH)" >&2; exit 2; }
