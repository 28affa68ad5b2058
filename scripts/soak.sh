#!/usr/bin/env bash
# scripts/soak.sh [ROUNDS]: the races of session rotation with full counts, on SQLite and on Postgres. `make test` runs
# them with few rounds.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

export HOLDFAST_TEST_ROUNDS="${1:-1000}"
say "$HOLDFAST_TEST_ROUNDS rounds of fifty requests each; this takes a while"
scripts/with-postgres.sh scripts/cargo.sh test --features ssr --test it -- --nocapture s15_parallel_rotation
