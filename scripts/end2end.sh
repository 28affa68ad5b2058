#!/usr/bin/env bash
# scripts/end2end.sh [Playwright's arguments]: the release binary with an empty database on a free port, the
# weight of its sign-in page, then Playwright against it.
#
# The tests find the server in HOLDFAST_URL and, where Playwright has no browser of its own, Chromium in
# HOLDFAST_CHROMIUM, and its mails in the folder HOLDFAST_TEST_MAIL. Those that need HTTPS start servers of their own from HOLDFAST_BINARY.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

binary="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$binary" ] || die "$binary is missing: make build"

workshop

port="$(free_port)"
export HOLDFAST_URL="http://localhost:$port" HOLDFAST_BINARY="$binary" HOLDFAST_TEST_MAIL="$work/end2end.db.mail"
log="$work/server.log"
# In an empty folder: neither our Leptos.toml nor a developer's database takes part.
(
  cd "$work"
  exec env LEPTOS_SITE_ADDR="127.0.0.1:$port" HOLDFAST_ORIGIN="$HOLDFAST_URL" \
    HOLDFAST_DATABASE_URL="sqlite://$work/end2end.db?mode=rwc" HOLDFAST_THROTTLE_SCALE=100000 "$binary" serve
) >"$log" 2>&1 &
server=$!
children+=("$server")
wait_for "$HOLDFAST_URL/readyz" 30 "$server" "$log"
say "server ready at $HOLDFAST_URL, idle at $(awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$server/status" 2>/dev/null || echo '?')"

scripts/page-weight.sh "$HOLDFAST_URL/"

if [ -z "${HOLDFAST_CHROMIUM:-}" ] && [ -x /usr/bin/chromium ]; then export HOLDFAST_CHROMIUM=/usr/bin/chromium; fi
say "Playwright"
status=0
(cd end2end && npx playwright test "$@") || status=$?
kill -0 "$server" 2>/dev/null || { status=1; say "the server died during the tests"; }
if [ "$status" != 0 ]; then
  mkdir -p end2end/test-results
  cp "$log" end2end/test-results/server.log
  say "the server's log: end2end/test-results/server.log; the last lines that are no answers as they should be:"
  { grep -vE ' status=[23][0-9][0-9] ' "$log" || true; } | tail -n 10 >&2
fi
exit "$status"
