#!/usr/bin/env bash
# scripts/ship.sh: what lies in examples/ for those who install Holdfast. The commands of docs/deploy.md are run where nobody else
# sees it, systemd checks the unit, and the release binary runs as the unit says: its user, its folder, its settings.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

binary="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$binary" ] || die "$binary is missing: make build"
dockerfile=examples/docker/Dockerfile

say "the container: what it copies is there, and what the program needs is in the slim image"
while read -r from; do
  case "$from" in
    /src/target/release/holdfast) ;;
    # Made empty by the line before it, where there are no geo data.
    /src/target/release/geo) grep -q 'mkdir -p target/release/geo' "$dockerfile" || die "$from may not be there" ;;
    *) die "$dockerfile copies $from, which nothing here has heard of" ;;
  esac
done < <(sed -nE 's/^COPY --from=build ([^ ]+) .*/\1/p' "$dockerfile")
while read -r library; do
  case "$library" in
    linux-vdso.so.1 | libgcc_s.so.1 | libm.so.6 | libc.so.6 | */ld-linux-*) ;;
    *) die "the program needs $library, which debian:bookworm-slim has not" ;;
  esac
done < <(ldd "$binary" | awk '{ print $1 }')
# What git does not know has no place in an image.
for name in holdfast.db holdfast.db-wal holdfast.db.secrets.toml holdfast.db.checkpoints .env; do
  git check-ignore -q "$name" || die "git would take $name"
  awk -v name="$name" '!/^#/ && NF { gsub(/\./, "\\."); gsub(/\*/, ".*"); if (name ~ "^" $0 "$") found = 1 } END { exit !found }' \
    "$dockerfile.dockerignore" || die "docker would take $name"
done

if [ "$(id -u)" != 0 ] || ! have unshare || ! unshare --mount true 2>/dev/null; then
  say "installing is tried by root alone: left out"
  exit 0
fi

workshop
unit=examples/systemd/holdfast.service
if have systemd-analyze; then
  sed "s#/usr/local/bin/holdfast#$binary#" "$unit" >"$work/holdfast.service"
  systemd-analyze verify "$work/holdfast.service"
  exposure="$(systemd-analyze security --offline=true --no-pager "$work/holdfast.service" | sed -nE 's/.*exposure level.*: ([0-9.]+) .*/\1/p')"
  say "systemd takes the unit; exposure $exposure of 10"
  at_least "$exposure" 1.5 || die "the unit is more open than it was (1.2)"
else
  say "systemd is not here: the unit is not checked by it"
fi

port="$(free_port)"
# The lines of the page, but for the two that talk to systemd.
awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' docs/deploy.md | grep -v '^systemctl ' >"$work/install"
[ "$(wc -l <"$work/install")" -ge 4 ] || die "docs/deploy.md says too little"
# value NAME: of the unit.
value() { sed -nE "s/^$1=(.*)/\1/p" "$unit"; }
[ "$(value ExecStart)" = "/usr/local/bin/holdfast serve" ] || die "the unit starts something else"

cat >"$work/as-installed" <<EOT
set -euo pipefail
# Seen by this process and its children alone.
mkdir -p "$work/etc" "$work/bin" "$work/systemd" "$work/state" "$work/credentials"
mkdir -p /etc/holdfast /etc/systemd/system
mount --bind "$work/bin" /usr/local/bin
mount --bind "$work/etc" /etc/holdfast
mount --bind "$work/systemd" /etc/systemd/system
hash -r
. "$work/install"
[ "\$(stat -c %a /etc/holdfast/secrets.toml)" = 600 ]
cmp -s /etc/systemd/system/holdfast.service "$unit"
# What systemd would do: the key as a credential, a folder, a user that owns nothing else.
install -m 400 -o nobody /etc/holdfast/secrets.toml "$work/credentials/secrets.toml"
chown nobody "$work/state" "$work/credentials"
chmod 755 "$work"
cd "$work/state"
umask 0077
exec setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
  env -i PATH=/usr/local/bin:/usr/bin:/bin $(value Environment | sed -e "s#%d#$work/credentials#" | tr '\n' ' ') \
  LEPTOS_SITE_ADDR=127.0.0.1:$port HOLDFAST_ORIGIN=http://localhost:$port HOLDFAST_METRICS_ADDR=none $(value ExecStart)
EOT
made=()
for folder in /etc/holdfast /etc/systemd/system; do [ -e "$folder" ] || made+=("$folder"); done
unshare --mount --propagation private bash "$work/as-installed" >"$work/log" 2>&1 &
children+=($!)
wait_for "http://localhost:$port/readyz" 30 "${children[0]}" "$work/log"
[ "${#made[@]}" = 0 ] || rmdir --ignore-fail-on-non-empty "${made[@]}"
# Not a pipe: grep leaves at the first match, and curl would fail for it.
curl -fsS "http://localhost:$port/" -o "$work/page"
grep -qi passkey "$work/page" || die "the page says nothing of passkeys"
[ "$(stat -c '%U %a' "$work/state/holdfast.db")" = "nobody 600" ] || die "the database is open to others, or elsewhere"
stop_children
grep -q 'Permission denied\|panicked' "$work/log" && { cat "$work/log" >&2; die "it was not content"; }
say "installed, served as nobody without capabilities, and stopped"
