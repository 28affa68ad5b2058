# Shared by the scripts beside it: where things are kept, and how to talk to the person watching.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

HOLDFAST_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Tools and CI's build output outlive the checkout, so that a fresh clone starts warm.
HOLDFAST_CACHE="${HOLDFAST_CACHE:-$HOME/.cache/holdfast}"
HOLDFAST_TOOLS="$HOLDFAST_CACHE/tools"
TARGET_DIR="${CARGO_TARGET_DIR:-$HOLDFAST_ROOT/target}"
WASM_TARGET=wasm32-unknown-unknown

export PATH="$HOLDFAST_TOOLS/bin:$HOLDFAST_TOOLS/node_modules/.bin:$PATH"
# Node carries its own list of authorities; a machine behind a company's proxy has that one in the system's.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r /etc/ssl/certs/ca-certificates.crt ]; then
  export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi
# `make -j` hands its children a job server that cargo cannot reach through a script.
unset MAKEFLAGS MFLAGS MAKELEVEL

say() {
  if [ -t 2 ]; then printf '\033[1m==>\033[0m %s\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi
}
die() { printf 'holdfast: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# at_least 1.94 1.96.0: is the second version the first or newer?
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }

# The version that Cargo.lock holds for a crate: tools that must match it read it here.
locked_version() {
  awk -v want="$1" '$1 == "name" && $3 == "\"" want "\"" { getline; gsub(/"/, "", $3); print $3; exit }' "$HOLDFAST_ROOT/Cargo.lock"
}

# leptos_setting KEY [DEFAULT]: one key of [package.metadata.leptos] in Cargo.toml, which cargo-leptos reads
# too. A list comes out as words.
leptos_setting() {
  awk -v key="$1" -v fallback="${2:-}" '
    /^\[/ { inside = ($0 ~ /^\[package\.metadata\.leptos\]/); next }
    inside && $1 == key {
      sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t]+#.*$/, ""); gsub(/[\[\]",]/, " "); $1 = $1
      print; found = 1; exit
    }
    END { if (!found && fallback != "") print fallback }' "$HOLDFAST_ROOT/Cargo.toml"
}

# Put the toolchain that builds both faces in force, for this script and what it starts.
use_rust() {
  local answer
  answer="$("$HOLDFAST_ROOT/scripts/toolchain.sh")"
  case "$answer" in
    '') ;;
    /*) export PATH="$answer:$PATH" ;;
    *) export RUSTUP_TOOLCHAIN="$answer" ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else
    die "this step needs root or sudo: $*"
  fi
}

# Install the Debian packages of a list that are missing.
apt_install() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  have apt-get || die "please install what Debian calls ${missing[*]}, and run this again"
  say "installing Debian packages: ${missing[*]}"
  # The package list may be absent or old: only then is it fetched.
  apt_get_install "${missing[@]}" 2>/dev/null && return 0
  as_root apt-get update -qq -o DPkg::Lock::Timeout=300 || say "the package list could not be refreshed; going on with the old one"
  apt_get_install "${missing[@]}"
}
apt_get_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# A TCP port on loopback that nobody listens on now, outside the range that outgoing connections take.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# wait_for URL SECONDS PID [LOG]: until it answers 2xx; fails when the process is gone or the time is up.
wait_for() {
  local url="$1" limit="$2" pid="$3" log="${4:-}" start=$SECONDS
  until curl -fsS -o /dev/null --max-time 5 "$url" 2>/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null || [ $((SECONDS - start)) -ge "$limit" ]; then
      [ -z "$log" ] || tail -n 40 "$log" >&2
      die "$url did not answer within $((SECONDS - start)) s"
    fi
    sleep 0.2
  done
}

# workshop: a folder of our own, `work`, and processes of our own, `children`. At the end, however it comes, the processes are told
# to stop and waited for, and the folder goes.
workshop() {
  work="$(mktemp -d)"
  children=()
  trap leave_workshop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}
# shellcheck disable=SC2317 # a trap calls it
leave_workshop() {
  trap - EXIT INT TERM HUP
  stop_children
  rm -rf "$work"
}
stop_children() {
  local child
  for child in "${children[@]}"; do
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  done
  children=()
}
