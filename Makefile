# Every command sets itself up from nothing. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BENCH ?=
PAGES ?=
PEOPLE ?= 1000000
WORKERS ?= 2
BIN := .venv/bin
# Where it is set, each of the many processes of a run compiles the whole project again.
unexport PYTHONDONTWRITEBYTECODE
TEMPLATES := templates tests/browser/pages

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 12

.venv/base: requirements.txt
	@test -x $(BIN)/uv || ($(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv)
	@$(BIN)/uv pip sync --quiet --compile-bytecode $(if $(wildcard .venv/dev),requirements-dev.txt,requirements.txt)
	@touch $@

.venv/dev: requirements-dev.txt
	@test -x $(BIN)/uv || ($(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv)
	@$(BIN)/uv pip sync --quiet --compile-bytecode requirements-dev.txt
	@touch $@ .venv/base

setup: .venv/base ## make .venv

run: .venv/base ## start everything, with demo people; prints the address and how to sign in
	@exec $(BIN)/python -m yibao.run

test: .venv/dev ## the whole test suite, on real PostgreSQL, Valkey and Chromium
	@sh tests/chromium.sh
	@$(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

fuzz: .venv/dev ## twenty thousand requests of every kind to every address, as every role
	@FUZZ=$${FUZZ:-20000} $(BIN)/pytest -q tests/security/test_fuzz.py

unit: .venv/dev ## the tests of pure code (formulas, terms, rules, lib), without any server, in seconds
	@$(BIN)/pytest -q -m unit

format: .venv/dev ## format code and templates
	@$(BIN)/ruff format .
	@$(BIN)/djhtml --tabwidth 2 $(TEMPLATES)

check: .venv/dev ## format, lint, types, import contracts, missing migrations, deployment settings
	@$(BIN)/ruff format --check .
	@$(BIN)/djhtml --check --tabwidth 2 $(TEMPLATES)
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@YIBAO_DEMO=0 $(BIN)/python manage.py makemigrations --check --dry-run
	@env $$(sh deploy/make_env.sh yibao.example.gov.cn none none | grep -v '^#') YIBAO_VAR=var YIBAO_KEYRING=var/keyring.json \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/dev ## the benchmarks; BENCH=accrual runs one group, PEOPLE=100000 a smaller one
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements-bench.txt
	@PEOPLE=$(PEOPLE) $(BIN)/python -m tests.benchmarks $(BENCH)

chaos: .venv/dev ## races, kills of workers, brokers and imports, and properties, many of each (ROUNDS=25), with new seeds
	@YIBAO_CHAOS_ROUNDS=$(or $(ROUNDS),25) YIBAO_CHAOS_SEED=$$(date +%s) $(BIN)/pytest -m "chaos or hypothesis"

soak: .venv/dev ## 100,000 random operations, many of them errors, against a reference model (OPERATIONS=…, MINUTES=…)
	@$(BIN)/python -m tests.chaos.model --operations $(or $(OPERATIONS),100000) --minutes $(or $(MINUTES),600)

city: .venv/dev ## a city of 10,000 people goes live, half a year of files, one row in a hundred wrong (PEOPLE=…)
	@YIBAO_CITY_PEOPLE=$(if $(filter file,$(origin PEOPLE)),10000,$(PEOPLE)) $(BIN)/pytest tests/scenarios/test_city.py

sweep: .venv/dev ## every page, type size, width and contrast through axe and the layout checks (PAGES="counter family")
	@sh tests/chromium.sh
	@WORKERS=$(WORKERS) $(BIN)/python -m tests.browser.sweep $(PAGES)

.PHONY: help setup fuzz run test unit format check bench chaos soak city sweep
