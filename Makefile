# Every task of this repository, from a fresh clone: each target installs or builds what it needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DEFAULT_GOAL := help

# Passed on to the program by `make run`: with a clock of its own, so that a newcomer can move it.
ARGS ?= --clock 1x
# The simulation: how many seeds, and the first of them. A failure prints its seed: FROM=<seed> SEEDS=1 repeats it.
SEEDS ?= 2000
FROM ?= 0
# The end-to-end tests: a word of the stories that are to be told; all of them, if not given.
STORY ?=
# nextest where it is installed; `RUNNER=cargo` for cargo's own runner.
RUNNER ?= $(if $(shell command -v cargo-nextest),nextest,cargo)
# What `make bench` measures; everything, if not given.
PART ?=
# `LOCKED=--locked` refuses a Cargo.lock that is behind the manifests.
LOCKED ?=

ALL := --workspace --all-features
CLIPPY := cargo clippy $(ALL) --all-targets -- -D warnings
SIM = cargo run --release -p flusso-tests --bin sim -- --lives --seeds $(SEEDS) --from $(FROM)
TESTS_nextest := cargo nextest run $(ALL)
TESTS_cargo := cargo test $(ALL) --lib --bins --tests --no-fail-fast
CARGO_TARGET_DIR ?=
# The program that some tests start: cargo builds it with them.
PROGRAM := env FLUSSO_PROGRAM=$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/flusso
AWS := cargo test $(ALL) --test aws
# The fuzz of the API: a seed repeats what it drew.
SEED ?= 1
EXAMPLES ?= 40
FUZZ = $(PROGRAM) SEED=$(SEED) EXAMPLES=$(EXAMPLES) tests/fuzz/api.sh
STAGE := @.ci/stage

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## build and start the whole program on this machine; ARGS="…" is passed on
	cargo run --release -p flusso -- serve $(ARGS)

# A DynamoDB for the tests, at a pinned version, built once into target/tools.
DYNOXIDE := target/tools/bin/dynoxide
$(DYNOXIDE):
	cargo install --quiet --locked dynoxide-rs --version 3.2.0 --no-default-features \
	  --features native-sqlite,http-server,cli --root target/tools

.PHONY: tools
tools: $(DYNOXIDE) ## what the tests need besides the crates
	infra/local/venv.sh target/aws-venv

.PHONY: test
test: ## everything that must pass before a commit, with the time of each stage
	$(STAGE) --start
	$(STAGE) fetch cargo fetch $(LOCKED)
	$(STAGE) fmt cargo fmt --all --check
	$(STAGE) lint $(CLIPPY)
	$(STAGE) tools $(MAKE) tools
	$(STAGE) scripts target/aws-venv/bin/python -m unittest discover --start-directory infra/local
	$(STAGE) tests $(PROGRAM) $(TESTS_$(RUNNER))
	$(STAGE) fuzz-api $(FUZZ)
	$(STAGE) aws $(PROGRAM) $(AWS)
	$(STAGE) doctests cargo test $(ALL) --doc
	$(STAGE) sim $(SIM)
	$(STAGE) --report

.PHONY: fuzz-api
fuzz-api: ## ask the program everything that its OpenAPI document names, and much that it does not; SEED=1 EXAMPLES=40
	cargo build $(ALL) --bin flusso
	$(FUZZ)

.PHONY: aws
aws: ## the end-to-end tests alone, on a local AWS that they bring up and take down; STORY=killed tells only those with that word
	$(AWS) -- $(STORY)

.PHONY: aws-up
aws-up: ## a local AWS to work with, on port 4566
	infra/local/up.sh

# With the features that the tests have, so that neither has to be built for the other.
.PHONY: aws-deploy
aws-deploy: aws-up ## build the functions quickly and deploy them on that local AWS
	$(AWS) --no-run
	QUICK_FUNCTION=target/debug/function target/aws-venv/bin/python infra/local/deploy.py

.PHONY: aws-down
aws-down: ## stop that local AWS; it forgets everything
	infra/local/down.sh

.PHONY: test-localstack
test-localstack: ## the ports on AWS against LocalStack: AWS_ENDPOINT_URL names one, else 4.14.0 is started here
	infra/localstack/test.sh

.PHONY: package
package: ## build the functions for Lambda and measure them against their budgets
	infra/package.sh

.PHONY: sim
sim: ## seeded simulation of the whole program; SEEDS=2000 FROM=0
	$(SIM)

.PHONY: long
long: SEEDS := 200000
long: SEED := random
long: EXAMPLES := 1000
long: ## what a night is for: 200000 seeds, 20000 cases of every property, a million mutated documents and bodies, a quarter of 100000 people, an import of 1000000 rows that is killed again and again, a long fuzz
	$(STAGE) --start
	$(STAGE) sim $(SIM)
	$(STAGE) properties env PROPTEST_CASES=20000 cargo test --release -p flusso-engine
	$(STAGE) quarter env PEOPLE=100000 cargo test --release -p flusso-tests --test quarter
	$(STAGE) import env ROWS=1000000 cargo test --release -p flusso-tests --test kill -- an_import
	$(STAGE) fuzz env FUZZ_CASES=1000000 cargo test --release -p flusso-tests --test documents --test http
	$(STAGE) build cargo build $(ALL) --bin flusso
	$(STAGE) fuzz-api $(FUZZ)
	$(STAGE) --report

.PHONY: bench
bench: ## measure against the budgets; PART=card measures that alone (engine, end-to-end, latency, card, crowd, import, campaign, monday)
	cargo run --release -p flusso-tests --bin bench -- $(PART)

.PHONY: fmt
fmt: ## format the Rust sources
	cargo fmt --all

.PHONY: lint
lint: ## format check and clippy, warnings denied
	cargo fmt --all --check
	$(CLIPPY)

.PHONY: openapi
openapi: ## rewrite docs/openapi.json from the routes
	UPDATE=1 cargo test -p flusso-tests --test openapi

.PHONY: bless
bless: ## rewrite the expectations inside the tests; read the diff before you commit it
	UPDATE_EXPECT=1 cargo test --workspace

.PHONY: deny
deny: ## licences, advisories, bans and sources of the dependencies, where cargo-deny is installed
	@if command -v cargo-deny >/dev/null; then cargo deny --all-features check; \
	else echo "cargo-deny is not installed: only the tidy test guards the licences"; fi

.PHONY: clean-data
clean-data: ## delete ./data: every contact and message kept on this machine
	rm -rf data
