# Everything a newcomer types. Each target sets up what it lacks: .venv from requirements.lock, Java for Spark.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Assigned in a step of its own: in `export X=$(command)` a failing command goes unnoticed.
with_java := JAVA_HOME=$$(stack/setup/java.sh) && export JAVA_HOME &&

.PHONY: help demo dev test test-slow test-stack test-stack-slow test-windows test-browser screenshots stack-up stack-down stack-demo lint definitions docs bench proof-endpoint proof-bridge lock clean clean-data venv

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: venv ## run the whole chain on a synthetic market
	@$(with_java) .venv/bin/ticklake demo

dev: venv ## open the Dagster UI with its daemon, the endpoint and the pages
	@$(with_java) .venv/bin/ticklake dev

# A file's tests stay together: they share what they set up. More for pytest is in ARGS.
test: venv ## run the tests
	@$(with_java) .venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

test-slow: venv ## run the proofs that take minutes
	@$(with_java) .venv/bin/python -m pytest -m 'slow and not stack'

test-stack: venv ## run the proofs on real services; starts and stops them
	@stack/setup/maven.sh
	@$(with_java) .venv/bin/python -m pytest -m 'stack and not slow' -n 2 --dist loadfile $(ARGS)

test-stack-slow: venv ## run the proofs on real services that take longest: services killed, 2,000 files at once
	@stack/setup/maven.sh
	@$(with_java) .venv/bin/python -m pytest -m 'stack and slow'

test-windows: venv ## run the bridge with the real MetaTrader5 package on a Windows Python under Wine
	@$(with_java) .venv/bin/python -m pytest -m windows ticklake_assets_tests/mt5_bridge/windows $(ARGS)

test-browser: venv ## run the lifecycle pages in a real Chromium, over the demo's data
	@stack/setup/chromium.sh >/dev/null
	@$(with_java) .venv/bin/python -m pytest -m browser ticklake_assets_tests/serving/pipeline/browser $(ARGS)

screenshots: venv ## picture every lifecycle page, light, dark and on a phone, into docs/pages
	@stack/setup/chromium.sh >/dev/null
	@$(with_java) .venv/bin/python -m ticklake_assets_tests.serving.pipeline.browser.screenshots $(ARGS)

stack-up: venv ## start the real services: S3, Postgres, MLflow, NiFi, Trino, Spark, Dagster, endpoint, pages, Prometheus
	@stack/setup/maven.sh
	@$(with_java) .venv/bin/ticklake stack up

stack-down: venv ## stop them; their data stay
	@.venv/bin/ticklake stack down

stack-demo: stack-up ## run the whole chain on the running services
	@$(with_java) .venv/bin/ticklake demo --hands-off

lint: venv ## check style, format, types, layers and definitions
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(MAKE) definitions

# A Dagster home of its own: without one, dg keeps a log of its use under the user's home for a later upload.
definitions: venv ## load the definitions as dg and as the workspace do
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && cp dagster.yaml "$$home" && export DAGSTER_HOME=$$home VIRTUAL_ENV=$(CURDIR)/.venv && \
	.venv/bin/dg check toml && .venv/bin/dg check defs && \
	.venv/bin/dagster definitions validate -w workspace.yaml

# The variable: without it mkdocs-material prints news of its maker at each start.
docs: venv ## build the documentation as a site, .site/index.html; fails on a warning
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict --quiet
	@echo "$(CURDIR)/.site/index.html"

proof-endpoint: venv ## stream a day of 5 symbols while the endpoint is killed; 4 minutes, ARGS="--speed 20" 72
	@.venv/bin/python -m ticklake_assets_tests.serving.endpoint.long_day $(ARGS)

proof-bridge: venv ## send 10,000 orders through faults, deaths and kills at the simulated broker; 12 minutes
	@.venv/bin/python -m ticklake_assets_tests.mt5_bridge.proof $(ARGS)

bench: venv ## measure speed and memory, side by side
	@$(with_java) .venv/bin/python -m bench

lock: ## compile requirements.lock from pyproject.toml; newest versions with ARGS=--upgrade
	@$$(stack/setup/uv.sh) pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-header $(ARGS) pyproject.toml -o requirements.lock

clean: ## remove the environment, caches and build products; the data stay
	@rm -rf .venv .venv.lock .uv .wine .mypy_cache .pytest_cache .ruff_cache .hypothesis .site bench/out dist build
	@find . -name __pycache__ -prune -exec rm -rf {} +

clean-data: ## remove .ticklake: the lake, the catalog, models, and the history of runs
	@rm -rf .ticklake

venv:
	@stack/setup/venv.sh
