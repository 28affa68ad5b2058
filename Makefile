# Each target gets what it needs first, says what it does, and is quick when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help run test soak drill cluster bench bench-check lighthouse bench-risk growth watch lint build

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## build for development and serve at http://localhost:3000 (first time: about 12 minutes)
	@scripts/setup.sh build geo
	@scripts/site.sh dev
	@scripts/run.sh

build: ## the product: target/release/holdfast, one file with the site inside
	@scripts/setup.sh build ship geo
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/geo.sh target/release/geo

test: ## everything CI checks: lints, tests on both databases, a real browser, the README
	@scripts/test.sh

soak: ## kills, races, floods, faults and fuzzing with full counts, on both databases (about two hours)
	@scripts/setup.sh build test
	@scripts/soak.sh

drill: ## attack a server of our own; then break its defences one by one, and see that the drill notices
	@scripts/setup.sh build ship
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/drill.sh

cluster: ## more than one machine: processes killed behind nginx, PgBouncer, a Postgres that dies (ARGS=--full: about six minutes)
	@scripts/setup.sh build ship test
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/cluster.sh $(ARGS)

lint: ## format and clippy for both faces, shellcheck for the scripts
	@scripts/setup.sh build lint
	@scripts/lint.sh

bench: ## sign-ins and session checks a second beside a baseline, with what each costs (about three minutes)
	@scripts/setup.sh build ship bench
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/bench.sh $(ARGS)

bench-check: ## the instructions of a sign-in and a session check against those that are kept (ARGS=--write keeps new ones)
	@scripts/setup.sh build ship bench
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/bench-check.sh $(ARGS)

lighthouse: ## what Lighthouse says of the sign-in page, as a phone on a slow network sees it: at least 99 in all four
	@scripts/setup.sh build ship lighthouse
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/lighthouse.sh

growth: ## a sign-in and a session check with a thousand accounts and with a million (20 GB of disk; ARGS="--accounts 20000" for less)
	@scripts/setup.sh build ship bench
	@scripts/site.sh release
	@scripts/cargo.sh build --release --bin holdfast --features ssr
	@scripts/growth.sh $(ARGS)

bench-risk: ## how well the risk engine tells thieves from people, on simulated ones; and what it costs
	@scripts/setup.sh build
	@scripts/cargo.sh bench --features ssr --bench risk -- $(ARGS)
	@scripts/cargo.sh bench --features ssr --bench scoring

watch: ## rebuild and reload at each change, by cargo-leptos (installing it once: about 16 minutes)
	@scripts/setup.sh build ship watch
	@scripts/cargo.sh leptos watch
