#!/usr/bin/env bash
# Do both ways to build make the same site? Builds it with scripts/site.sh and with cargo-leptos, and compares
# the files' names and the WebAssembly byte by byte. (The minifiers differ, so JS and CSS differ in form.)
# Not part of `make test`: it would have to wait for cargo-leptos. Run it after changing either way.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
scripts/setup.sh build ship watch
scripts/site.sh release
use_rust

theirs="$(mktemp -d)"
trap 'rm -rf "$theirs"' EXIT
LEPTOS_SITE_ROOT="$theirs/site" cargo leptos build --release --frontend-only
ours="$(leptos_setting site-root target/site)"
pkg="$(leptos_setting site-pkg-dir pkg)/$(leptos_setting output-name)"

# Only one of them compresses, and only the other keeps the type declarations that nobody reads.
names() { (cd "$1" && find . -type f ! -name '*.br' ! -name '*.gz' ! -name '*.d.ts' | LC_ALL=C sort); }
diff <(names "$ours") <(names "$theirs/site") || die "the two sites have different files"
cmp "$ours/$pkg.wasm" "$theirs/site/$pkg.wasm" || die "the two WebAssembly files differ"
for kind in js css; do
  say "$kind: $(stat -c %s "$ours/$pkg.$kind") bytes from site.sh, $(stat -c %s "$theirs/site/$pkg.$kind") from cargo-leptos"
done
say "the same files, the same WebAssembly"
