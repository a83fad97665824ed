# Development and demonstration. Needs Python 3.11 or newer, git and make; everything else goes into .venv.

PYTHON ?= python3
ARGS ?=

venv := .venv
bin := $(venv)/bin
pip := $(bin)/python -m pip --quiet --disable-pip-version-check
lock := $(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' $(ARGS)
project := pyproject.toml bot/redigest/__init__.py

.DEFAULT_GOAL := help
.PHONY: help demo test lint types fuzz bench bench-trees bench-mapping scale schema configuration rules example site lock audit clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s%s\n", $$1, $$2 }' Makefile
	@echo 'PYTHON=python3.12 chooses the interpreter for a new .venv; ARGS="..." goes to pytest, to the benchmark and to the demonstration.'

demo: $(venv)/installed ## Show a whole run on a throw-away repository, without network.
	$(bin)/redigest demo $(ARGS)

test: $(venv)/installed-for-development ## Install the programs that tests run, as root on Debian, and run all tests.
	tests/install-programs
	$(bin)/pytest --numprocesses auto $(ARGS)

lint: $(venv)/installed-for-development ## Check style and format.
	$(bin)/ruff check
	$(bin)/ruff format --check

types: $(venv)/installed-for-development ## Check types.
	$(bin)/mypy

fuzz: $(venv)/installed-for-development ## Hold 500 invented images against what docker-registry makes of them.
	tests/install-programs
	REDIGEST_FUZZ=500 $(bin)/pytest tests/registry/test_conversions.py $(ARGS)

bench: bench-trees ## Measure everything, and hold it against the targets: trees, searches for names and tags, registries, fleets.
	$(bin)/python tests/bench/search.py
	tests/install-programs
	$(bin)/python tests/bench/registries.py
	$(bin)/python tests/bench/fleet.py

bench-trees: $(venv)/installed-for-development ## Measure how fast trees are scanned and fixed.
	$(bin)/python tests/bench/screen.py $(ARGS)

bench-mapping: $(venv)/installed-for-development ## Measure how fast a mapping of a million rows is usable.
	$(bin)/python tests/bench/mapping.py $(ARGS)

scale: $(venv)/installed-for-development ## Measure what a repository costs a run, and write what 100,000 cost into docs/scale.md.
	$(bin)/python tests/bench/constants.py
	sed -i '/^<!-- tables -->$$/q' docs/scale.md
	$(bin)/python tests/bench/scale.py $(ARGS) >> docs/scale.md

schema: $(venv)/installed ## Write the JSON Schemas of the configuration and of the reports.
	$(bin)/python -m redigest.schemas docs/schemas

configuration: $(venv)/installed ## Write the reference of the configuration in docs/configuration.md.
	sed -i '/^<!-- tables -->$$/q' docs/configuration.md
	$(bin)/python -m redigest.config_tables >> docs/configuration.md

rules: $(venv)/installed ## Compile the rules, and write the tables of rules in docs/rules.md.
	$(bin)/python -m redigest.rules_compiled rules
	sed -i '/^<!-- tables -->$$/q' docs/rules.md
	$(bin)/redigest rules list --format md >> docs/rules.md

example: $(venv)/installed ## Write the example of a proposal in docs/proposal-example.md.
	sed -i '/^<!-- example -->$$/q' docs/proposal-example.md
	folder=$$(mktemp -d) && $(bin)/redigest demo --keep $$folder/demo > $$folder/said && \
	sed '1,/^<!-- redigest:begin /d; /^<!-- redigest:end -->$$/,$$d' $$folder/demo/deploy/.git/redigest/1.md | sed '$$d' >> docs/proposal-example.md && \
	rm -rf $$folder

site: $(venv)/installed-for-site ## Make the site of the documentation in site/; a link that leads nowhere ends it.
	rm -rf site
	$(bin)/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env --doctree-dir $(venv)/site --builder html docs site

lock: $(venv)/installed-for-development ## Lock the dependencies with their hashes; ARGS=--upgrade takes the newest.
	$(lock) --output-file requirements.lock pyproject.toml
	$(bin)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(lock) --output-file requirements-build.lock -

audit: $(venv)/installed-for-audit ## Look for advisories on the dependencies that are locked.
	$(bin)/pip-audit --require-hashes --disable-pip --requirement requirements.lock --requirement requirements-build.lock

clean: ## Remove .venv and everything else that was generated.
	rm -rf $(venv) dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find bot tests -name __pycache__ -prune -exec rm -rf {} +

$(venv)/installed: $(project) | $(venv)/made
	@echo 'Installing redigest in $(venv)'
	@$(pip) install --editable .
	@touch $@

# Groups of dependencies (PEP 735) take pip 25.1; the one that comes with Python 3.11 is older.
$(venv)/installed-for-development: $(project) | $(venv)/made
	@echo 'Installing redigest and its development tools in $(venv)'
	@$(pip) install --upgrade 'pip>=25.1'
	@$(pip) install --editable . --group dev
	@touch $@

$(venv)/installed-for-site: pyproject.toml | $(venv)/made
	@echo 'Installing what makes the site in $(venv)'
	@$(pip) install --upgrade 'pip>=25.1'
	@$(pip) install --group docs
	@touch $@

$(venv)/installed-for-audit: pyproject.toml | $(venv)/made
	@echo 'Installing what audits in $(venv)'
	@$(pip) install --upgrade 'pip>=25.1'
	@$(pip) install --group audit
	@touch $@

$(venv)/made:
	@command -v $(PYTHON) >/dev/null || \
	  { echo '$(PYTHON) is not installed: redigest needs Python 3.11 or newer, named with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "redigest needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1): name another one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo '$(PYTHON) cannot make virtual environments: install its venv package (on Debian and Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
	@$(PYTHON) -m venv $(venv)
	@touch $@
