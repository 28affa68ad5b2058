#!/usr/bin/env bash
# scripts/ops.sh: what lies in examples/ for those who watch Holdfast. promtool tests the rules; then a real Prometheus
# watches the release binary, loads the rules, and is asked everything that rules and dashboard ask.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

binary="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$binary" ] || die "$binary is missing: make build"
if ! have promtool || ! have prometheus; then die "Prometheus is not there: scripts/setup.sh test"; fi

workshop

(cd examples/prometheus && promtool check config prometheus.yml && promtool test rules holdfast.rules.test.yml)
# Each rule has a test of its own.
mapfile -t rules < <(sed -nE 's/^ *- alert: //p' examples/prometheus/holdfast.rules.yml)
for rule in "${rules[@]}"; do
  grep -q "alertname: $rule$" examples/prometheus/holdfast.rules.test.yml || die "no test for the rule $rule"
done

port="$(free_port)" metrics="$(free_port)" watch="$(free_port)"
(
  cd "$work"
  exec env LEPTOS_SITE_ADDR="127.0.0.1:$port" HOLDFAST_ORIGIN="http://localhost:$port" HOLDFAST_GEO_DB=none \
    HOLDFAST_METRICS_ADDR="127.0.0.1:$metrics" HOLDFAST_DATABASE_URL="sqlite://$work/ops.db?mode=rwc" "$binary" serve
) >"$work/server.log" 2>&1 &
children+=($!)
wait_for "http://localhost:$port/readyz" 30 "${children[0]}" "$work/server.log"

sed -e "s/127.0.0.1:9464/127.0.0.1:$metrics/" -e 's/15s/1s/' examples/prometheus/prometheus.yml >"$work/prometheus.yml"
cp examples/prometheus/holdfast.rules.yml "$work/"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$watch" \
  >"$work/prometheus.log" 2>&1 &
children+=($!)
wait_for "http://127.0.0.1:$watch/-/ready" 30 "${children[1]}" "$work/prometheus.log"

node scripts/ops.mjs "http://127.0.0.1:$watch" "http://localhost:$port" "http://127.0.0.1:$metrics/metrics" "${#rules[@]}"
