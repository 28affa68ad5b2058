#!/usr/bin/env bash
# Build the server for development and serve, until Ctrl-C.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"
use_rust

binary="$TARGET_DIR/debug/holdfast"
if [ -e "$binary" ]; then
  say "server (dev)"
else
  say "server (dev): the first time compiles about 580 crates, 7 to 10 minutes on two cores"
fi
cargo build --bin holdfast --features ssr

origin="${HOLDFAST_ORIGIN:-http://localhost:3000}"
say "serving $origin (Ctrl-C stops it)"
exec "$binary" serve
