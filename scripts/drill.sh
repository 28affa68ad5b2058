#!/usr/bin/env bash
# scripts/drill.sh: attack the release binary, which must hold. Then attack a test build that does without one defence at a time
# (src/defence.rs), which the drill must notice; and show that no release can be told to do without any.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
use_rust

release="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$release" ] || die "$release is missing: make build"
# By this a build with the switches is known: MARK in src/defence.rs.
mark="can be told to do without a defence"
switch=HOLDFAST_BROKEN_DEFENCE

workshop

# start BINARY [SETTING=VALUE…]: with an empty database on a free port, in an empty folder.
start() {
  local binary="$1" port metrics
  shift
  folder="$(mktemp -d "$work/server.XXXXXX")"
  port="$(free_port)"
  metrics="$(free_port)"
  url="http://localhost:$port"
  settings=(LEPTOS_SITE_ADDR="127.0.0.1:$port" HOLDFAST_ORIGIN="$url" HOLDFAST_METRICS_ADDR="127.0.0.1:$metrics"
    HOLDFAST_DATABASE_URL="sqlite://$folder/drill.db?mode=rwc" HOLDFAST_GEO_DB=none)
  (cd "$folder" && exec env "${settings[@]}" "$@" "$binary" serve) >"$folder/log" 2>&1 &
  children+=($!)
  wait_for "$url/readyz" 30 "${children[0]}" "$folder/log"
}

# attack ARGUMENTS…: by the release binary, with the server's settings, so that it can look for the evidence.
attack() { (cd "$folder" && exec env "${settings[@]}" "$release" drill --target "$url" "$@"); }

say "the drill, against the release binary"
start "$release"
attack | tee "$work/table" || die "the release binary does not hold"
stop_children
say "$(tail -n 1 "$work/table")"

say "a server that can be told to do without a defence (test build)"
# With traces, since scripts/traces.sh wants that: one build for both.
cargo build --bin holdfast --features broken-defences,otlp
test_build="$work/holdfast-test-build"
cp "$TARGET_DIR/debug/holdfast" "$test_build"
# What others start from there must not be this one.
rm -f "$TARGET_DIR/debug/holdfast"

grep -aqF "$mark" "$test_build" || die "the test build has no mark to know it by"
! grep -aqF "$mark" "$release" || die "the release binary can be told to do without a defence"
if env "$switch=touch" HOLDFAST_DATABASE_URL="sqlite://$work/none.db?mode=rwc" timeout 20 "$release" serve >"$work/refused" 2>&1 ||
  ! grep -qF "unknown setting $switch" "$work/refused"; then
  die "the release binary should refuse to start with $switch"
fi
# The guard alone: what else the file needs does not matter here.
guard() {
  rustc --edition 2024 --crate-type lib --emit metadata -o "$work/guard" --cfg 'feature="broken-defences"' \
    -C debug-assertions="$1" src/defence.rs 2>&1 || true
}
grep -qF "must never be in a release" <<<"$(guard off)" || die "a release could be built with the switches"
! grep -qF "must never be in a release" <<<"$(guard on)" || die "the guard refuses the test build, too"
say "no release has the switches: no mark in it, it refuses $switch, and it cannot be built with them"

broken=0 noticed=0
mapfile -t defences < <("$test_build" drill --defences)
[ ${#defences[@]} -ge 12 ] || die "only ${#defences[@]} defences can be broken"
for line in "${defences[@]}"; do
  read -r defence expected <<<"$line"
  broken=$((broken + 1))
  start "$test_build" "$switch=$defence"
  if ! attack --only "$expected" >"$work/table" 2>&1 && grep -qE "^$expected +NOT HELD" "$work/table"; then
    noticed=$((noticed + 1))
    say "without $defence: $expected is noticed"
  else
    say "without $defence: $expected is NOT noticed"
    cat "$work/table"
  fi
  stop_children
done

# Once all of them: what is broken is named, and nothing else is.
start "$test_build" "$switch=token_reuse"
if attack >"$work/table" 2>&1 || [ "$(grep -cE ' (NOT HELD|FAILED) ' "$work/table")" != 1 ] ||
  ! grep -qE "^stale_token +NOT HELD" "$work/table"; then
  cat "$work/table"
  die "without token_reuse the whole drill should name stale_token and nothing else"
fi
stop_children
say "drill: $broken defences broken, $noticed noticed"
[ "$broken" = "$noticed" ]
