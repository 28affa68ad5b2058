#!/usr/bin/env bash
# What cargo calls instead of rustc for our own crate, when scripts/fuzz.sh builds: libFuzzer is told where each input has led.
# Libraries are used as they are compiled already.
set -euo pipefail
rustc="$1"
shift
instrument=()
case " $* " in
  *" --crate-name holdfast "* | *" --crate-name fuzz "*)
    instrument=(
      -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
      -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
    )
    ;;
esac
exec "$rustc" "$@" "${instrument[@]}"
