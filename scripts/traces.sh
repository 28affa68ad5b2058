#!/usr/bin/env bash
# scripts/traces.sh: a build with the feature otlp sends its traces to a collector, here one of ours that reads them.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

# The same build as the one that scripts/drill.sh makes.
scripts/cargo.sh build --bin holdfast --features broken-defences,otlp
workshop
cp "$(realpath "$TARGET_DIR")/debug/holdfast" "$work/holdfast"
# What others start from there must not be this one.
rm -f "$(realpath "$TARGET_DIR")/debug/holdfast"

port="$(free_port)" collector="$(free_port)"
(
  cd "$work"
  exec env LEPTOS_SITE_ADDR="127.0.0.1:$port" HOLDFAST_ORIGIN="http://localhost:$port" HOLDFAST_GEO_DB=none \
    HOLDFAST_METRICS_ADDR=none HOLDFAST_OTLP_ENDPOINT="http://127.0.0.1:$collector" \
    HOLDFAST_DATABASE_URL="sqlite://$work/traces.db?mode=rwc" "$work/holdfast" serve
) >"$work/server.log" 2>&1 &
server=$!
children+=("$server")
wait_for "http://localhost:$port/readyz" 30 "$server" "$work/server.log"
node scripts/traces.mjs "http://localhost:$port" "$collector" "$server" || { tail -n 20 "$work/server.log" >&2; exit 1; }
