#!/usr/bin/env bash
# Make sure of one Rust toolchain that builds both faces: the server and WebAssembly.
# Prints, for use_rust in lib.sh: nothing (cargo as it is), a name for RUSTUP_TOOLCHAIN, or a folder that must
# come first on PATH.
#
# Two roads. Where rustup can download, it adds the wasm32 standard library. Where it cannot, Debian's
# own Rust (packages rustc-web and friends) is used, and the wasm32 library is built once from its sources.
# HOLDFAST_RUST=debian takes the second road even where the first is open.
. "$(dirname "$0")/lib.sh"

# sea-orm 2.0.4 needs 1.94; a caller that needs more says so.
minimum="${HOLDFAST_RUST_MINIMUM:-1.94}"
road="${HOLDFAST_RUST:-any}"

rustc_version() { "$1" --version 2>/dev/null | awk '{print $2}'; }
new_enough() {
  local version
  version="$(rustc_version "$1")"
  [ -n "$version" ] && at_least "$minimum" "$version"
}
has_wasm() { compgen -G "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$WASM_TARGET/lib/libstd-*.rlib" >/dev/null; }
usable() { new_enough "$1" && has_wasm "$1"; }

answer_debian() {
  if have rustup; then
    grep -q '^debian\b' <<<"$(rustup toolchain list)" || rustup toolchain link debian /usr >&2
    echo debian
  elif [ "$(command -v rustc)" != /usr/bin/rustc ]; then
    echo /usr/bin
  fi
  exit 0
}

if [ "$road" != debian ] && have rustc && usable rustc; then exit 0; fi
if [ -x /usr/bin/rustc ] && usable /usr/bin/rustc; then answer_debian; fi

if [ "$road" != debian ] && have rustup && new_enough rustc; then
  say "asking rustup for $WASM_TARGET"
  if timeout 120 rustup target add "$WASM_TARGET" >&2 && usable rustc; then exit 0; fi
  say "rustup cannot download here; using Debian's Rust instead"
fi

have apt-get ||
  die "Rust $minimum or newer with the $WASM_TARGET library is needed: see https://rustup.rs, or run \`rustup update stable && rustup target add $WASM_TARGET\`"
say "getting Rust from Debian (about half a gigabyte; 1 to 3 minutes)"
apt_install rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web gcc libc6-dev
# rust-lld is a link to an lld of one version; the package of that name brings it.
apt_install "$(basename "$(readlink /usr/bin/rust-lld)")"
new_enough /usr/bin/rustc ||
  die "Debian's rustc is $(rustc_version /usr/bin/rustc); $minimum or newer is needed (https://rustup.rs)"

if ! has_wasm /usr/bin/rustc; then
  say "building the standard library for $WASM_TARGET, once (1 to 2 minutes)"
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/src"
  : >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "std_for_wasm"
version = "0.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[profile.release]
panic = "abort"
[workspace]
TOML
  (cd "$work" && env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$work/target" \
    /usr/bin/cargo build -Z build-std=std,panic_abort,panic_unwind,test,proc_macro --target "$WASM_TARGET" --release >&2)
  rm -f "$work/target/$WASM_TARGET/release/deps/"*std_for_wasm*
  as_root mkdir -p "/usr/lib/rustlib/$WASM_TARGET/lib"
  as_root cp "$work/target/$WASM_TARGET/release/deps/"*.rlib "/usr/lib/rustlib/$WASM_TARGET/lib/"
fi
usable /usr/bin/rustc || die "the $WASM_TARGET library did not install; see https://rustup.rs for another way"
answer_debian
