# What people do here, one target for each. CI runs `make test` and `make peers`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

CARGO ?= cargo
PYTHON ?= python3
NPM ?= npm
NPM_CI := $(NPM) ci --no-audit --no-fund

# CI takes Cargo.lock as it is; at work it follows Cargo.toml.
LOCKED := $(if $(filter true,$(CI)),--locked)

# Of a campaign of `make peers`.
CASES ?= 1000
SEED ?= 1

VENV := .venv
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## Run the whole life of a rollup on a fresh devnet, then stop
	$(CARGO) run --release -- demo

.PHONY: dev
dev: ## Run L1 and L2 until Ctrl-C
	$(CARGO) run --release -- dev

.PHONY: test
test: edges fmt-check contracts-check lint guest rust solidity clients ## Check and test everything; installs what it needs

.PHONY: edges
edges: ## Check who uses whom, and what may stand where
	scripts/check-edges --self-test
	scripts/check-edges

.PHONY: lint
lint: ## Run clippy on all targets, warnings are errors
	$(CARGO) clippy --workspace --all-targets $(LOCKED) -- -D warnings

.PHONY: guest
guest: ## Check that mpt, stf and stateless build as a zkVM guest: no C, no assembly
	scripts/check-guest

.PHONY: rust
rust: ## Run the tests of all crates
	$(CARGO) test --workspace $(LOCKED) --no-fail-fast

.PHONY: contracts
contracts: contracts/node_modules/.package-lock.json ## Compile the contracts and write contracts/artifacts
	contracts/build.sh
	touch contracts/out/.built

.PHONY: contracts-check
contracts-check: contracts/out/.built ## Check that the committed artifacts are what the contracts compile to
	git diff --exit-code -- contracts/artifacts

.PHONY: solidity
solidity: contracts/node_modules/.package-lock.json ## Run the contracts' Forge tests
	contracts/test.sh

.PHONY: clients
clients: tests/clients/node_modules/.package-lock.json $(VENV)/.installed $(if $(BOUGH),,binary) ## Run cast, viem, ethers and web3.py against `bough dev`
	BOUGH="$${BOUGH:-$(TARGET)/debug/bough}" $(VENV)/bin/python tests/clients/run

# With the features that the tests are built with, so that nothing is built twice.
.PHONY: binary
binary:
	$(CARGO) build --workspace --all-targets $(LOCKED)

.PHONY: vectors
vectors: ## Run every fixture of BOUGH_VECTORS, or of ../shared/vectors
	$(CARGO) run --release -- vectors "$${BOUGH_VECTORS:-../shared/vectors}"

.PHONY: peers
peers: ## Compare EXECUTE with another implementation on generated inputs: CASES=1000 SEED=1
	cd peers && $(CARGO) test --release $(LOCKED)
	cd peers && $(CARGO) run --release $(LOCKED) -- --cases $(CASES) --seed $(SEED)

.PHONY: soak
soak: ## Send all that is known to hurt to a running devnet, and measure blocks and memory
	BOUGH_SOAK=full $(CARGO) test --release -p bough $(LOCKED) --test it soak -- --nocapture

.PHONY: fmt
fmt: ## Format the Rust code
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check: ## Check the format of the Rust code
	$(CARGO) fmt --all --check

.PHONY: doc
doc: ## Build the crates' documentation
	$(CARGO) doc --workspace --no-deps $(LOCKED)

.PHONY: clean
clean: ## Remove everything that was built or installed here
	$(CARGO) clean
	rm -rf $(VENV) contracts/out contracts/cache contracts/node_modules tests/clients/node_modules

# Only when something has changed: Rust is built from the artifacts, and would be built again.
contracts/out/.built: $(shell find contracts/src contracts/scripts -type f) contracts/build.sh contracts/foundry.toml contracts/package-lock.json
	$(MAKE) contracts

contracts/node_modules/.package-lock.json: contracts/package.json contracts/package-lock.json
	cd contracts && $(NPM_CI)
	touch $@

tests/clients/node_modules/.package-lock.json: tests/clients/package.json tests/clients/package-lock.json
	cd tests/clients && $(NPM_CI)
	touch $@

$(VENV)/.installed: tests/clients/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@
