#!/usr/bin/env bash
# scripts/soak.sh [ROUNDS [KILLS [SECONDS]]]: what `make test` does in a short form, with full counts, on SQLite and on Postgres: kills
# under load, races of session rotation, floods, faults, and fuzzing guided by coverage, so many seconds a target. About two
# hours on two cores. Goes on after a failure, and closes with what each part said.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

export HOLDFAST_TEST_ROUNDS="${1:-1000}" HOLDFAST_TEST_KILLS="${2:-200}" HOLDFAST_TEST_FULL=1
seconds="${3:-600}"
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT
recap=() failed=0

# step NAME COMMAND…
step() {
  local name="$1" log start=$SECONDS status=0
  shift
  log="$logs/$name"
  say "$name"
  "$@" 2>&1 | tee "$log" || status=$?
  [ "$status" = 0 ] || failed=1
  recap+=("$(printf '%-7s %5d s  %s' "$([ "$status" = 0 ] && echo ok || echo FAILED)" $((SECONDS - start)) "$name")")
  local lines
  lines="$(grep -aE '^(Sqlite|Postgres): [0-9]+ kills|^disk full: |^test .* FAILED$|^test result: |^(ok|FAILED) +fuzz |rounds|^[0-9]+ (steps: |kills in)' "$log" | sed 's/^/      /' || true)"
  [ -z "$lines" ] || recap+=("$lines")
}
its() { scripts/with-postgres.sh scripts/cargo.sh test --features ssr --test it -- --nocapture "$@"; }

step kills its k01_ k02_
step faults its faults::
step rotation its s15_parallel_rotation
step recovery its c14_
step floods its l02_ten_thousand l04_rotation r07_a_thousand r08_a_thousand
step fuzz scripts/fuzz.sh "$seconds"
printf '\n%s\n' "${recap[@]}"
[ "$failed" = 0 ] || die "something did not hold"
say "all of it held: $HOLDFAST_TEST_KILLS kills and $HOLDFAST_TEST_ROUNDS rounds on each database, $seconds s of fuzzing a target"
