# `make` lists what there is to make. CI calls the same.

PYTHON ?= python3
VENV := .venv
MINISTACK := .venv-ministack
CARGO_LAMBDA := .venv-cargo-lambda
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
LOCAL_CONFIG := {"Default": {"ApplicationId": "00000000000000000000000000000000", "UserDataShared": true}}
DEBUG := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)/debug
COMMAND ?= cargo run --quiet --package cli --
PROFILE ?= release
EVENTS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help replay test test-e2e check build build-debug install watch deploy destroy bench bench-fold bench-replay clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

replay: ## Build, replay the sample events, and print the figures
	cargo run --quiet --package cli -- replay events events/scenarios

test: build-debug $(VENV)/ready $(MINISTACK)/ready $(CARGO_LAMBDA)/ready ## Run every test
	cargo test --workspace --quiet

test-e2e: build-debug $(VENV)/ready $(MINISTACK)/ready $(CARGO_LAMBDA)/ready ## Deploy the stack to an emulator, and follow a client through all of it
	cargo test --package tests --quiet -- end_to_end

check: $(VENV)/ready ## Check formatting, lints, documentation and the template
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	$(VENV)/bin/cfn-lint

build: $(CARGO_LAMBDA)/ready ## Build the functions for Lambda into target/lambda, for ARCH=arm64 or x86_64
	PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" cargo lambda build --release --$(subst _,-,$(ARCH)) $(COMPILER) \
		$(FUNCTIONS:%=--package %)
	@for name in $(FUNCTIONS); do printf '%-22s %6d KB\n' $$name $$(( $$(wc -c < target/lambda/$$name/bootstrap) / 1024 )); done

# The configuration and the credentials are looked at before the long build.
deploy: $(VENV)/ready ## Build, and deploy STACK with CONFIG=FILE; or the code of one FUNCTION; BUILT=1 builds nothing
	$(VENV)/bin/aws sts get-caller-identity --query Account --output text
ifdef FUNCTION
	$(if $(BUILT),,$(MAKE) build FUNCTIONS=$(FUNCTION))
	$(MAKE) $(CARGO_LAMBDA)/ready
	cd functions/$(FUNCTION) && PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" cargo lambda deploy \
		--lambda-dir $(CURDIR)/target/lambda --binary-name $(FUNCTION) $(STACK)-$(FUNCTION)
else
	$(if $(CONFIG),$(COMMAND) config check $(CONFIG))
	$(if $(BUILT),,$(MAKE) build)
	$(VENV)/bin/python infra/stack deploy --stack $(STACK) --architecture $(ARCH) \
		$(if $(CONFIG),--config $(CONFIG)) $(if $(BUCKET),--bucket $(BUCKET)) $(PARAMETERS)
endif

destroy: $(VENV)/ready ## Delete STACK; its tables and logs only with DATA=delete
	$(VENV)/bin/python infra/stack destroy --stack $(STACK) --data $(DATA)

# All of it ends together.
watch: build-debug $(CARGO_LAMBDA)/ready ## Run the functions here, compiled anew as they change, against the embedded parts
	@trap 'kill 0' EXIT INT TERM; \
	$(DEBUG)/cognito-pinpoint local --functions http://127.0.0.1:$(PORT) --data-dir $(DATA_DIR) \
		--dynamodb-port $(DYNAMODB_PORT) --pinpoint-port $(PINPOINT_PORT) & \
	PATH="$(CURDIR)/$(CARGO_LAMBDA)/bin:$$PATH" AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \
		AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(DYNAMODB_PORT) AWS_ENDPOINT_URL_PINPOINT=http://127.0.0.1:$(PINPOINT_PORT) \
		ANALYTICS_CONFIG=$${ANALYTICS_CONFIG:-'$(LOCAL_CONFIG)'} cargo lambda watch -A 127.0.0.1 -P $(PORT)

build-debug: ## Build the functions and the command, as the tests need them
	cargo build --workspace --bins --quiet

install: ## Put the cognito-pinpoint command on your path
	cargo install --path cli --locked --quiet --profile $(PROFILE) --root $(INSTALL_ROOT)

bench: bench-fold bench-replay ## Run every benchmark

bench-fold: ## Fold events in memory, on one core
	cargo bench --package domain

bench-replay: ## Replay EVENTS made-up events in a process of its own, in memory and on disk
	cargo build --release --package cli --quiet
	$(PYTHON) benches/replay.py target/release/cognito-pinpoint $(EVENTS)

clean: ## Remove what was built
	cargo clean
	rm -rf $(VENV) $(MINISTACK) $(CARGO_LAMBDA)

# The tests' Python packages, by name, into a virtual environment of their own.
$(VENV)/ready: tests/python/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
	touch $@

# An emulator of AWS, apart from those: it and the AWS CLI want different versions of botocore.
$(MINISTACK)/ready: tests/python/ministack.txt
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/pip install --quiet --disable-pip-version-check -r tests/python/ministack.txt
	touch $@

# cargo-lambda, and Zig to link for another machine than this.
$(CARGO_LAMBDA)/ready: tests/python/cargo-lambda.txt
	$(PYTHON) -m venv $(CARGO_LAMBDA)
	$(CARGO_LAMBDA)/bin/pip install --quiet --disable-pip-version-check -r tests/python/cargo-lambda.txt
	touch $@
