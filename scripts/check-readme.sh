#!/usr/bin/env bash
# Do the README's commands work? Every line of its ```sh blocks is tried here, or is known to be tried
# elsewhere; a line that this script has never heard of fails.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

[ -e README.md ] || die "there is no README.md"
url=http://localhost:3000

# `make run` as a newcomer types it, but with a database that is thrown away.
check_make_run() {
  if curl -sS -o /dev/null --max-time 2 "$url" 2>/dev/null; then
    die "something answers at $url already; stop it, so that \`make run\` can be tried"
  fi
  local work log group status=0
  work="$(mktemp -d)"
  log="$work/run.log"
  local start=$SECONDS
  set -m
  HOLDFAST_DATABASE_URL="sqlite://$work/readme.db?mode=rwc" make run >"$log" 2>&1 </dev/null &
  group=$!
  set +m
  # shellcheck disable=SC2064 # these values, now
  trap "kill -TERM -- -$group 2>/dev/null || true; wait $group 2>/dev/null || true; rm -rf '$work'" EXIT
  # Cold, it compiles for many minutes.
  wait_for "$url/readyz" 1800 "$group" "$log"
  grep -q "$url" "$log" || { say "\`make run\` did not print $url"; status=1; }
  say "\`make run\` is ready after $((SECONDS - start)) s"

  # What a browser would fetch next: the sign-in page and everything that it loads.
  scripts/page-weight.sh "$url/" none || status=1
  # Not a pipe, here and elsewhere: grep leaves at the first match, and what writes into the pipe would fail for it.
  curl -fsS "$url/" -o "$work/page" || status=1
  grep -qi passkey "$work/page" || { say "the page at $url says nothing of passkeys"; status=1; }

  kill -TERM -- "-$group" 2>/dev/null || true
  wait "$group" 2>/dev/null || true
  trap - EXIT
  rm -rf "$work"
  if curl -sS -o /dev/null --max-time 2 "$url" 2>/dev/null; then
    say "the server outlived \`make run\`"
    status=1
  fi
  return "$status"
}

check() {
  case "$1" in
    make | "make help") make help ;;
    "make run") check_make_run ;;
    # `make test` is what calls us, and calls these.
    "make test" | "make lint" | "make build" | "bash .ci/run") ;;
    # Any other target must exist; what it does is its own script's business.
    make\ *) make --dry-run "${1#make }" >/dev/null ;;
    # The browser tests have run it with `serve`; of the others, at least that they exist.
    target/release/holdfast\ *)
      read -r _ verb _ <<<"$1"
      "$TARGET_DIR/release/holdfast" "$verb" --help >/dev/null
      ;;
    # How one gets here.
    git\ clone\ * | cd\ * | sudo\ apt-get\ install\ * | apt-get\ install\ *) ;;
    *) say "README.md has a command that nothing tries: $1"; return 1 ;;
  esac
}

mapfile -t commands < <(awk '/^[ \t]*```sh[ \t]*$/ { on = 1; next } /^[ \t]*```/ { on = 0 } on' README.md |
  sed -E 's/^[[:space:]]*(\$ )?//; s/[[:space:]]+#.*$//; /^#/d; /^$/d')
[ ${#commands[@]} -gt 0 ] || die "README.md has no \`\`\`sh block"

passed=0 failed=0
# A newcomer's first two commands are tried even if the README forgets them.
mapfile -t commands < <(printf '%s\n' "make help" "make run" "${commands[@]}" | awk '!seen[$0]++')
for command in "${commands[@]}"; do
  say "README: $command"
  if check "$command"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
say "README: $passed passed, $failed failed"
[ "$failed" = 0 ]
