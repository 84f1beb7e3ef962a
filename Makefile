# 데연소: every target sets up what it needs by itself and is quick when nothing changed.
# A fresh machine needs Python >= 3.11 with venv, make and git; `make test` also Node.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run preload test check bench eval clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
LOG := $(VENV)/setup.log
WITH_TOOLS := .[dev,vit]
ARGS ?=

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

run: $(VENV)/.installed libraries ## start the service (ARGS="--port 8080" go to `run.py serve`)
	@$(PY) run.py preload
	@exec $(PY) run.py serve $(ARGS)

preload: $(VENV)/.installed libraries ## fetch the model files that are missing or damaged
	@$(PY) run.py preload $(ARGS)

test: $(VENV)/.installed-dev libraries test-tools $(wildcard tests/web/pipecat/package.json) ## run every test (ARGS="-k call" choose)
	@$(PY) run.py preload
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.installed-dev ## format, lint, types, and which package may import which
	@$(VENV)/bin/ruff format --check --quiet --output-format concise . || { echo 'To format: $(VENV)/bin/ruff format .'; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

bench: $(VENV)/.installed-dev libraries ## measure, and print the table
	@$(PY) run.py preload
	@$(PY) tests/bench/run.py $(ARGS)

eval: $(VENV)/.installed-dev ## simulated people talk to every persona; prints what went wrong
	@$(PY) -m pytest tests/eval -q -s $(ARGS)

clean: ## remove what the targets above made here (not the model files, which clones share)
	rm -rf $(VENV) tests/web/pipecat/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

# --- Python packages: listed by pyproject.toml, pinned by constraints.txt ---

INSTALL := $(PY) -m pip install -c constraints.txt

# $(call logged,what is being done,command): quiet, but a failure shows the end of the log.
logged = echo "$(1) (log: $(LOG))"; { $(2); } >$(LOG) 2>&1 || { tail -n 30 $(LOG); echo "Failed: $(1)"; exit 1; }

$(PY):
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed (make PYTHON=/path/to/python3)"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(PY)
	@$(call logged,Installing the Python packages: about 2 minutes the first time,$(INSTALL) -U pip && $(INSTALL) -e .)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(PY)
	@$(call logged,Installing the Python packages and the test tools: about 3 minutes the first time,$(INSTALL) -U pip && $(INSTALL) -e "$(WITH_TOOLS)")
	@touch $@ $(VENV)/.installed

# --- System packages: looked for each time (some 50 ms), installed only where something is missing ---

# $(call system,"PACKAGE=PROBE" ...): install by apt-get as root or by a sudo that does not ask; else say the command.
define system
missing=""; PATH="$$PATH:/usr/sbin:/sbin"; libraries="$$(ldconfig -p 2>/dev/null || true)"; \
for pair in $(1); do \
	probe="$${pair#*=}"; \
	case "$$probe" in \
		lib*) grep -qF "$$probe" <<<"$$libraries" ;; \
		lang:*) test -n "$$(fc-list ":$${probe/:/=}" 2>/dev/null)" ;; \
		*) command -v "$$probe" >/dev/null ;; \
	esac || missing+=" $${pair%%=*}"; \
done; \
if [ -n "$$missing" ] && [ "$$(uname)" = Linux ]; then \
	as=""; [ "$$(id -u)" = 0 ] || as="sudo"; \
	if command -v apt-get >/dev/null && { [ -z "$$as" ] || sudo -n true 2>/dev/null; }; then \
		$(call logged,Installing system packages:$$missing,export DEBIAN_FRONTEND=noninteractive; $$as apt-get -q update && $$as apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends $$missing); \
	else \
		echo "System packages are missing. Install them with:"; \
		echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$$missing"; \
		exit 1; \
	fi; \
fi
endef

.PHONY: libraries test-tools
libraries: | $(PY)
	@$(call system,libegl1=libEGL.so.1 libgles2=libGLESv2.so.2 libgl1=libGL.so.1 libglib2.0-0=libgthread-2.0.so.0 libcurl4=libcurl.so.4)

test-tools: | $(PY)
	@$(call system,chromium=chromium coturn=turnserver fonts-noto-cjk=lang:ko)

# --- Node packages of the client-kit test ---

tests/web/pipecat/package.json: tests/web/pipecat/node_modules/.package-lock.json ;

tests/web/pipecat/node_modules/.package-lock.json: tests/web/pipecat/package-lock.json | $(PY)
	@$(call logged,Installing the Node packages of the client-kit test,npm ci --prefix tests/web/pipecat --no-audit --no-fund)
	@touch $@
