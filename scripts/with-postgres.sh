#!/usr/bin/env bash
# scripts/with-postgres.sh COMMAND…: run it beside a Postgres of its own, gone when the command ends.
# The command finds it in HOLDFAST_TEST_POSTGRES_URL. `--find` prints where Postgres is, and starts nothing.
. "$(dirname "$0")/lib.sh"

# Debian keeps the server's programs off PATH, in a folder per version: the newest one serves.
find_postgres() {
  local folder
  if have initdb && have pg_ctl; then dirname "$(command -v initdb)"; return; fi
  folder="$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n1)"
  [ -n "$folder" ] && dirname "$folder"
}

bin="$(find_postgres)" || die "Postgres is not installed: scripts/setup.sh test"
if [ "${1:-}" = --find ]; then echo "$bin"; exit 0; fi
[ $# -gt 0 ] || die "usage: scripts/with-postgres.sh COMMAND…"

# The server refuses to run as root; any other user will do.
unprivileged=()
if [ "$(id -u)" = 0 ]; then
  if have runuser; then unprivileged=(runuser -u nobody --); else
    unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
  fi
fi

# A short path: a socket's may not exceed about 100 characters.
work="$(mktemp -d /tmp/holdfast-pg.XXXXXX)"
child=
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
  trap - EXIT INT TERM HUP
  if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  [ ! -e "$work/data/postmaster.pid" ] ||
    "${unprivileged[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if [ "$(id -u)" = 0 ]; then chown nobody "$work"; fi

# From its own folder: `nobody` may not enter ours, and initdb complains.
cd "$work"
"${unprivileged[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust --no-locale -E UTF8 --no-sync >"$work/initdb.log" 2>&1 ||
  { cat "$work/initdb.log" >&2; die "initdb failed"; }
cat >>"$work/data/postgresql.conf" <<EOT
listen_addresses = '127.0.0.1'
unix_socket_directories = '$work'
max_connections = 200
EOT
# Nothing in it outlives the command, so nothing has to survive a power cut; unless that is what is measured.
[ -n "${HOLDFAST_TEST_DURABLE:-}" ] || cat >>"$work/data/postgresql.conf" <<EOT
fsync = off
synchronous_commit = off
full_page_writes = off
EOT
started=
for _ in 1 2 3 4 5; do
  port="$(free_port)"
  if "${unprivileged[@]}" "$bin/pg_ctl" -D "$work/data" -l "$work/server.log" -o "-p $port" -w -t 60 start >/dev/null 2>&1; then
    started=1
    break
  fi
done
[ -n "$started" ] || { cat "$work/server.log" >&2; die "Postgres did not start"; }
cd "$OLDPWD"

export HOLDFAST_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
say "$("$bin/postgres" --version 2>/dev/null || echo Postgres) at $HOLDFAST_TEST_POSTGRES_URL"

# In a process group of its own, so that a signal to this script ends the command and what it started.
set -m
"$@" &
child=$!
set +m
status=0
wait "$child" || status=$?
child=
exit "$status"
