#!/usr/bin/env bash
# scripts/page-weight.sh URL [LIMIT]: what a page's JavaScript and WebAssembly weigh on the wire.
#
# Asks as a browser does and counts the bytes of each body as sent: every .js and .wasm that the page names
# by a quoted absolute path, and whatever those scripts import. Fails above LIMIT bytes: 100,000 by default,
# or `none`.
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || die "usage: scripts/page-weight.sh URL [LIMIT]"
page="$1"
limit="${2:-100000}"
origin="$(sed -E 's#^(https?://[^/]+).*#\1#' <<<"$page")"
case "$page" in *://*/*) ;; *) page="$page/" ;; esac
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

get() { curl -sS --fail --max-time 30 --proto =http,https "$@"; }

get -o "$work/page" "$page"
mapfile -t paths < <(grep -oE "[\"']/[^\"'<> ]+\.(js|wasm)(\?[^\"'<> ]*)?[\"']" "$work/page" | tr -d "\"'" | LC_ALL=C sort -u)

total=0
has_wasm=
declare -A seen
i=0
while [ "$i" -lt "${#paths[@]}" ]; do
  path="${paths[$i]}"
  i=$((i + 1))
  [ -z "${seen[$path]:-}" ] || continue
  seen[$path]=1
  get -H 'Accept-Encoding: br' -D "$work/head" -o "$work/body" "$origin$path"
  bytes="$(stat -c %s "$work/body")"
  coding="$(tr -d '\r' <"$work/head" | awk -F': *' 'tolower($1) == "content-encoding" { print $2 }')"
  printf '%9d  %-8s  %s\n' "$bytes" "${coding:-plain}" "$path"
  total=$((total + bytes))
  case "$path" in
    *.wasm*) has_wasm=1 ;;
    *)
      # Relative imports count as well, named in the page or not.
      get -H 'Accept-Encoding: identity' -o "$work/plain" "$origin$path"
      while IFS= read -r import; do
        paths+=("$(realpath -ms "$(dirname "${path%%\?*}")/$import")")
      done < <(grep -oE "(from|import) *[\"']\.{1,2}/[^\"']+[\"']" "$work/plain" | sed -E "s/.*[\"'](.*)[\"']/\1/" || true)
      ;;
  esac
done

[ -n "$has_wasm" ] || die "$page names no .wasm: nothing was measured"
if [ "$limit" = none ]; then exit 0; fi
printf '%9d  of %d bytes allowed: JavaScript and WebAssembly of %s\n' "$total" "$limit" "$page"
[ "$total" -le "$limit" ] || die "the page is $((total - limit)) bytes over its budget"
