#!/usr/bin/env bash
# Format and lints of both faces and of the scripts; a warning is an error.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
use_rust

say "format"
cargo fmt --check
if have shellcheck; then
  say "scripts"
  shellcheck -x -P scripts scripts/*.sh .ci/run
fi
say "clippy, server and its tests"
cargo clippy --features ssr --all-targets -- -D warnings
say "clippy, browser"
cargo clippy --lib --features hydrate --target "$WASM_TARGET" -- -D warnings
