#!/usr/bin/env bash
# cargo, with the toolchain and the tools that this project builds with.
. "$(dirname "$0")/lib.sh"
use_rust
exec cargo "$@"
