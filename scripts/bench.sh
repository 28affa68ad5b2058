#!/usr/bin/env bash
# scripts/bench.sh [--write] [--seconds N] [--rounds N]: sign-ins and session checks beside the baseline, on SQLite and on a
# Postgres that writes through. Everything is on this machine and listens on loopback only.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

scripts/cargo.sh build --release --bin load --features ssr
HOLDFAST_BINARY="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$HOLDFAST_BINARY" ] || die "$HOLDFAST_BINARY is missing: make build"
export HOLDFAST_BINARY HOLDFAST_TEST_DURABLE=1
scripts/with-postgres.sh "$(realpath "$TARGET_DIR")/release/load" "$@"
