# What one does with this checkout. `make` alone lists the targets.
#
# Only python3 and make are assumed: uv, which installs the rest, is put into .uv/ when it is not there.

UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON := .venv/bin/python
# How to run docker-compose.yml; any command that takes the same arguments will do.
COMPOSE ?= docker compose
TEMPLATES := git ls-files -co --exclude-standard '*/templates/*.html'

export PORT

.DEFAULT_GOAL := help
.PHONY: help install run test drills check format bench test-compose clean-data \
  check-lock check-code check-templates check-types check-imports check-migrations check-deploy

help: ## List these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 18

.uv/bin/uv:
	@echo "  Installing uv $(UV_VERSION) into .uv/ ..."
	@python3 -m venv .uv || { rm -rf .uv; \
	  echo; echo "Python cannot make a virtual environment here."; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv; then run this again."; exit 1; }
	@.uv/bin/pip install --quiet "uv==$(UV_VERSION)" || { rm -rf .uv; \
	  echo; echo "pip could not install uv: is a package index in reach? (proxy, certificates)"; exit 1; }

# Cheap when nothing changed, so every target may ask for it.
install: $(if $(filter .uv/%,$(UV)),.uv/bin/uv) ## Install everything into .venv/
	@$(UV) sync --locked $(if $(wildcard .venv/bin/python),--quiet) || { \
	  echo; echo "The packages could not be installed; the lines above say which and why."; \
	  echo "Is Python 3.12 or newer missing? Install it, or let uv fetch one (UV_PYTHON_DOWNLOADS=automatic)."; exit 1; }

run: install ## Start Attune with a demo practice (PORT=8000)
	@exec $(PYTHON) -m config.runner

# Three processes, each with servers of its own: browsers and workers wait a lot, so two would leave two cores
# idle for a third of the time. ARGS="-n 0" runs the tests one after the other.
test: install ## Run every test
	@$(PYTHON) -m pytest -n 3 --dist worksteal $(ARGS)

drills: install ## Run what takes minutes and is meant to break things (ATTUNE_DRILL_MINUTES, ATTUNE_SEED)
	@$(PYTHON) -m pytest -m drill $(ARGS)

check: check-lock check-code check-templates check-types check-imports check-migrations check-deploy ## Everything but the tests (`make -k check` goes on after a failure)

check-lock: install
	$(UV) lock --check

check-code: install
	.venv/bin/ruff check
	.venv/bin/ruff format --check

check-templates: install
	$(TEMPLATES) | xargs -r .venv/bin/djade --target-version 6.0 --check

check-types: install
	.venv/bin/mypy

check-imports: install
	.venv/bin/lint-imports

check-migrations: install
	$(PYTHON) manage.py makemigrations --check --dry-run

check-deploy: install
	set -a && . compose/check.env && $(PYTHON) manage.py check --deploy --fail-level WARNING

format: install ## Rewrite code and templates in the project's style
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	$(TEMPLATES) | xargs -r .venv/bin/djade --target-version 6.0

bench: install ## Measure speed against floors on this machine
	@$(PYTHON) -m tests.bench

test-compose: install ## Build the image, walk a request through docker-compose.yml
	@COMPOSE="$(COMPOSE)" $(PYTHON) -m tests.compose.walk

clean-data: ## Throw away the local data: database, mail, secrets
	rm -rf .data
