#!/usr/bin/env bash
# scripts/fuzz.sh [SECONDS [TARGET…]]: libFuzzer, guided by coverage of our crate, for so long at each target, two at a time.
# Without targets: all of fuzz/targets.rs. What it finds is kept in tests/corpus/fuzz and fails here and in `make test`.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
use_rust

seconds="${1:-600}"
targets=("${@:2}")
if [ ${#targets[@]} = 0 ]; then
  mapfile -t targets < <(sed -nE 's/.*Target \{ name: "([a-z]+)".*/\1/p' fuzz/targets.rs)
fi
[ ${#targets[@]} -gt 0 ] || die "fuzz/targets.rs lists no targets"
have g++ || apt_install g++

say "compiling the targets"
RUSTC_WORKSPACE_WRAPPER="$HOLDFAST_ROOT/scripts/with-coverage.sh" cargo build --profile fuzz --features fuzzing --example fuzz
program="$TARGET_DIR/fuzz/examples/fuzz"
work="$HOLDFAST_CACHE/fuzz"
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT

# one TARGET: its closing line goes to the end of this script's own.
one() {
  local name="$1" limit found="$work/$1" known="tests/corpus/fuzz/$1" status=0
  limit="$(sed -nE "s/.*name: \"$name\".*limit: ([0-9]+).*/\1/p" fuzz/targets.rs)"
  mkdir -p "$found" "$known"
  local inputs=("$found" "$known")
  [ "$name" != geo ] || inputs+=(tests/corpus/geo)
  HOLDFAST_FUZZ_TARGET="$name" "$program" -max_total_time="$seconds" -max_len="${limit:-4096}" -timeout=20 -rss_limit_mb=4096 \
    -print_final_stats=1 -artifact_prefix="$known/found-" "${inputs[@]}" >"$logs/$name" 2>&1 || status=$?
  local runs cover
  runs="$(sed -nE 's/^stat::number_of_executed_units: *//p' "$logs/$name")"
  cover="$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$logs/$name" | tail -n1)"
  printf '%-7s fuzz %-13s %8s executions in %s s, %s\n' "$([ "$status" = 0 ] && echo ok || echo FAILED)" "$name" "${runs:-?}" "$seconds" \
    "${cover:-no coverage}" >>"$logs/closing"
  [ "$status" = 0 ] || tail -n 40 "$logs/$name" >&2
  return "$status"
}

failed=0
for ((first = 0; first < ${#targets[@]}; first += 2)); do
  pids=()
  for name in "${targets[@]:first:2}"; do
    one "$name" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
done
say "fuzzed ${#targets[@]} targets:"
cat "$logs/closing"
exit "$failed"
