#!/usr/bin/env bash
# scripts/growth.sh [--accounts N] [--seconds N] [--rounds N]: a sign-in and a session check with a thousand accounts and with N (a
# million), on SQLite and on a Postgres that writes through. Needs about 20 KB of disk an account; all of it goes at the end.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

[ "${1:-}" = --accounts ] || set -- --accounts 1000000 "$@"
scripts/cargo.sh build --release --bin load --features ssr
HOLDFAST_BINARY="${HOLDFAST_BINARY:-$(realpath "$TARGET_DIR")/release/holdfast}"
[ -x "$HOLDFAST_BINARY" ] || die "$HOLDFAST_BINARY is missing: make build"
export HOLDFAST_BINARY HOLDFAST_TEST_DURABLE=1
scripts/with-postgres.sh "$(realpath "$TARGET_DIR")/release/load" "$@"
