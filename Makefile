# Two commands: `make run` and `make test`. Both bring what they need; nothing has to run beforehand.

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest --durations=5 -q
# Two processes, each with a broker and stores of its own; a file's tests stay together.
TWO := -n 2 --dist loadfile
PROTOS := $(shell find proto -name '*.proto')
CODE := chassis standards services yiwang_kit deploy
SCRIPTS := services/gateway/static/echarts.simple.min.js services/gateway/static/htmx.min.js
READY := .venv/.installed gen/image.binpb $(SCRIPTS)

# Load of `make load`: users, users started per second, how long.
USERS ?= 20
RATE ?= 5
TIME ?= 60s

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test unit service contract journey resilience lint gen bench load trace dead reset clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: $(READY) ## start the whole suite in .local/, load the demonstration county, until Ctrl-C (SAMPLE=own: only our own items)
	@$(PYTHON) -m deploy.local.run $(ARGS)

test: $(READY) ## everything that can be checked on one machine: lint, then the tests, each part with its time
	@$(PYTHON) -m deploy.local.install --tests
	@MAKE="$(MAKE)" $(PYTHON) -m deploy.local.phases lint unit contract service journey resilience

unit: $(READY) ## tests of pure code; nothing is started
	@$(PYTEST) $(TWO) tests/unit

contract: $(READY) ## tests of files: contracts, manifests, documents, house rules
	@$(PYTEST) tests/contract

service: $(READY) ## tests of one service with a broker and a store of their own
	@$(PYTEST) $(TWO) tests/service
	@cat build/policy-kill-matrix.txt build/message-fault-matrix.txt

journey: $(READY) ## one whole case in a real browser
	@$(PYTHON) -m deploy.local.install --tests
	@$(PYTEST) tests/journey

resilience: $(READY) ## kill, freeze, cut, duplicate, reorder under load
	@$(PYTEST) -s tests/resilience

lint: $(READY) ## ruff, mypy, import-linter, buf, vulture, bandit
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict $(CODE) proto/generate.py
	@.venv/bin/lint-imports
	@.venv/bin/buf lint gen/image.binpb --path yiwang
	@.venv/bin/vulture
	@.venv/bin/bandit -q -c pyproject.toml -r $(CODE)

gen: gen/image.binpb ## generate gen/ from proto/

bench: $(READY) ## the figures of the spine into build/ (FULL=1: with a million rows)
	@$(PYTHON) -m loadtests.bench

load: $(READY) ## put load on the running suite with Locust (USERS=20 RATE=5 TIME=60s)
	@$(PYTHON) -m deploy.local.command case .venv/bin/locust -f loadtests/locustfile.py \
		--headless --users $(USERS) --spawn-rate $(RATE) --run-time $(TIME)

trace: $(READY) ## the trace of one case as a tree (CASE=its public number)
	@test -n "$(CASE)" || { echo "which case? make trace CASE=<number>" >&2; exit 1; }
	@$(PYTHON) -m deploy.local.trace "$(CASE)"

dead: $(READY) ## list the dead letters of the running suite
	@$(PYTHON) -m deploy.local.command case python -m services.dead list

reset: $(READY) ## empty .local/: data, queues, keys and logs
	@$(PYTHON) -m deploy.local.reset

clean: ## remove what was generated: gen/, build/ and caches, not .local/ and .venv/
	@rm -rf gen gen.new build $(SCRIPTS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print | xargs rm -rf

# Real files from here on: made once, again when what they come from changes.
.venv/.installed: pyproject.toml
	@python=; for candidate in python3.13 python3.12 python3.11 python3; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is missing: install it (on Debian 12: apt-get install python3 python3-venv)" >&2; exit 1; \
	fi; \
	if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
		echo "making .venv with $$($$python --version)"; \
		$$python -c 'import ensurepip' 2>/dev/null || $$python -m deploy.local.install --venv || exit 1; \
		rm -rf .venv && $$python -m venv .venv || exit 1; \
	fi; \
	echo "installing the Python packages into .venv (some minutes the first time)"; \
	.venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev,load,local]'
	@touch $@

# Charts work without it, so that a machine that cannot fetch it tries again the next time and goes on.
$(SCRIPTS): services/gateway/package-lock.json .venv/.installed
	@echo "fetching what the pages use of npm"
	@$(PYTHON) -m deploy.local.assets

# generate.py replaces gen/ as a whole; the image is its last file.
gen/image.binpb: proto/generate.py $(PROTOS) .venv/.installed
	@echo "generating gen/ from proto/"
	@$(PYTHON) proto/generate.py
	@touch $@
