#!/usr/bin/env bash
# Everything, as CI runs it: lints, tests on SQLite and Postgres, the release build, the weight of the page,
# a real browser, the drill, several processes behind nginx, the README's commands. Stops at the first failure and closes with what each part said.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

logs="$(mktemp -d)"
recap=()
passed=0 failed=0
begun=$SECONDS

plain() { sed -E 's/\x1b\[[0-9;]*m//g' "$1"; }

# The runners' own closing lines, from a log, and the name of each test that failed.
closing_lines() {
  plain "$1" |
    grep -E '^test .* FAILED$|^    \[(desktop|phone)\] › |^test result: |^ +[0-9]+ (passed|failed|flaky|skipped|did not run)|bytes allowed:|ready at|ready after|^==> README: [0-9]+ passed|^==> drill: [0-9]+|^\| failed|^cluster: |questions of the dashboard|spans in|installed, served|^instructions: ' |
    grep -vE '^test result: ok\. 0 passed; 0 failed; 0 ignored' | sed -E 's/^(==>)? */      /'
}

# Why they failed, as far as their runners know, and in which line.
reasons() {
  local failed="^thread '.* panicked at |^    (Error|Locator|Expected|Received)[a-z ]*:|^    Te(st timeout|aring down)|^ +> +[0-9]+ \|"
  plain "$1" | { grep -aE -A1 "$failed" || true; } |
    grep -avE '^(--| *)$' | cut -c1-300 | sed -n '1,40s/^ */      | /p'
}

# count FILE WORD: the sum of "N WORD" over cargo's and Playwright's closing lines.
count() {
  plain "$1" | awk -v word="$2" '
    /^test result: |^ +[0-9]+ (passed|failed|flaky)/ {
      gsub(/[;.]/, " ")
      for (i = 2; i <= NF; i++) if ($i == word && $(i - 1) ~ /^[0-9]+$/) sum += $(i - 1)
    }
    END { print sum + 0 }'
}

# shellcheck disable=SC2317 # the trap calls it
finish() {
  local status=$?
  trap - EXIT
  printf '\n'
  [ ${#recap[@]} = 0 ] || printf '%s\n' "${recap[@]}"
  printf '%s after %d min %02d s\n' "$([ "$status" = 0 ] && echo "all of it passed" || echo "FAILED")" \
    $(((SECONDS - begun) / 60)) $(((SECONDS - begun) % 60))
  printf 'tests: %d passed, %d failed\n' "$passed" "$failed"
  rm -rf "$logs"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# step NAME COMMAND…
step() {
  local name="$1" log start=$SECONDS status=0
  shift
  log="$logs/$name"
  say "$name"
  "$@" 2>&1 | tee "$log" || status=$?
  recap+=("$(printf '%-7s %5d s  %s' "$([ "$status" = 0 ] && echo ok || echo FAILED)" $((SECONDS - start)) "$name")")
  local lines
  lines="$(closing_lines "$log" || true)"
  [ -z "$lines" ] || recap+=("$lines")
  if [ "$status" != 0 ] || [ "$(count "$log" flaky)" != 0 ]; then recap+=("$(reasons "$log")"); fi
  passed=$((passed + $(count "$log" passed)))
  failed=$((failed + $(count "$log" failed)))
  return "$status"
}

say "with nothing compiled yet this takes about 45 minutes on two cores; afterwards a few"
step set-up scripts/setup.sh build ship lint test bench
step lint scripts/lint.sh
step site scripts/site.sh release
step rust-tests scripts/with-postgres.sh scripts/cargo.sh test --features ssr
step release-build scripts/cargo.sh build --release --bin holdfast --features ssr
step browser scripts/end2end.sh
step ops scripts/ops.sh
step ship scripts/ship.sh
step drill scripts/drill.sh
step traces scripts/traces.sh
step cluster scripts/cluster.sh
# That it runs; figures want a quiet machine (`make bench`).
step bench scripts/bench.sh --seconds 1 --rounds 1
step bench-check scripts/bench-check.sh
step readme scripts/check-readme.sh
