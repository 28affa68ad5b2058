#!/usr/bin/env bash
# scripts/bench-check.sh [--write]: the instructions that a sign-in and a session check take, against those that are kept in
# benches/instructions.toml. They do not depend on how busy the machine is.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
use_rust

have valgrind || die "valgrind is not there: scripts/setup.sh bench"
scripts/cargo.sh build --release --bin load --features ssr
HOLDFAST_BINARY="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$HOLDFAST_BINARY" ] || die "$HOLDFAST_BINARY is missing: make build"
HOLDFAST_TEST_RUSTC="$(rustc --version)"
export HOLDFAST_BINARY HOLDFAST_TEST_RUSTC
"$(realpath "$TARGET_DIR")/release/load" --instructions "$@"
