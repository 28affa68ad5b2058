#!/usr/bin/env bash
# scripts/cluster.sh [--full] [--only PART] [--write]: more than one machine, with real parts on this one: several processes of the
# release binary behind nginx, killed and stopped under load; PgBouncer; a Postgres that dies and its standby. docs/cluster.md.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

HOLDFAST_BINARY="${HOLDFAST_BINARY:-$(realpath "$TARGET_DIR")/release/holdfast}"
[ -x "$HOLDFAST_BINARY" ] || die "$HOLDFAST_BINARY is missing: make build"
have nginx || die "nginx is not there: scripts/setup.sh test"
# Of Debian's links the folder behind them, with all the programs.
POSTGRES_BIN="$(dirname "$(realpath "$(scripts/with-postgres.sh --find)/postgres")")"
export HOLDFAST_BINARY POSTGRES_BIN

workshop
# Postgres is somebody else, and must get through.
chmod 755 "$work"
node scripts/cluster/main.mjs "$work" "$@" &
children+=($!)
wait "${children[0]}"
