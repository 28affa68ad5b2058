#!/usr/bin/env bash
# scripts/site.sh dev|release: make target/site as cargo-leptos would, from the same settings in Cargo.toml.
#
#   dev      the profile that compiles fast, nothing minified: needs Rust and wasm-bindgen only
#   release  the profile that makes it small; wasm-opt, minified JS and CSS, .br and .gz beside each file
. "$(dirname "$0")/lib.sh"

mode="${1:-}"
case "$mode" in dev | release) ;; *) die "usage: scripts/site.sh dev|release" ;; esac
cd "$HOLDFAST_ROOT"
use_rust

name="$(leptos_setting output-name)"
site="$(leptos_setting site-root target/site)"
pkg="$(leptos_setting site-pkg-dir pkg)"
style="$(leptos_setting style-file)"
assets="$(leptos_setting assets-dir)"
profile="$(leptos_setting "lib-profile-$mode" "$mode")"
# The default is cargo-leptos's own.
read -ra wasm_opt < <(leptos_setting wasm-opt-features "-Oz --enable-bulk-memory --enable-nontrapping-float-to-int")
[ "$(leptos_setting style-bundle false)" = false ] || die "style-bundle needs cargo-leptos; keep one style sheet"

features=(--no-default-features)
[ "$(leptos_setting lib-default-features false)" = false ] || features=()
features+=(--features "$(leptos_setting lib-features | tr ' ' ',')")

folder="$profile"
[ "$profile" != dev ] || folder=debug
wasm="$TARGET_DIR/$WASM_TARGET/$folder/$name.wasm"

# cargo knows best whether the WebAssembly is fresh.
if [ -e "$wasm" ]; then
  say "WebAssembly ($profile)"
else
  say "WebAssembly ($profile): the first time compiles every dependency, 2 to 5 minutes on two cores"
fi
cargo build --lib "${features[@]}" --target "$WASM_TARGET" --profile "$profile"

# What the rest is made of. Contents rather than dates: a target folder may serve several checkouts.
inputs="$(
  {
    echo "$mode $name $pkg ${wasm_opt[*]}"
    wasm-bindgen --version
    [ "$mode" = dev ] || cat "$HOLDFAST_TOOLS"/node_modules/{binaryen,esbuild}/package.json
    find "$assets" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
    sha256sum "$wasm" "$style" scripts/site.sh scripts/compress.mjs
  } | sha256sum
)"
stamp="$site.stamp"
if [ -e "$site/$pkg/$name.wasm" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ] &&
  [ -z "$(find "$site" -newer "$stamp" -print -quit)" ]; then
  say "the site is up to date"
  exit 0
fi

# Made aside and moved into place: a build that fails leaves the site as it was.
fresh="$site.new.$$"
trap 'rm -rf "$fresh" "$site.old.$$"' EXIT
rm -rf "$fresh"
mkdir -p "$fresh/$pkg"

cp -R "$assets/." "$fresh/"
wasm-bindgen --target web --no-typescript --out-name "$name" --out-dir "$fresh/$pkg" "$wasm"
# As cargo-leptos does: the page asks for this name.
mv "$fresh/$pkg/${name}_bg.wasm" "$fresh/$pkg/$name.wasm"
cp "$style" "$fresh/$pkg/$name.css"

if [ "$mode" = release ]; then
  say "wasm-opt, minifier, compression (half a minute)"
  wasm-opt "${wasm_opt[@]}" "$fresh/$pkg/$name.wasm" -o "$fresh/$pkg/$name.opt"
  mv "$fresh/$pkg/$name.opt" "$fresh/$pkg/$name.wasm"
  find "$fresh/$pkg" -name '*.js' -print0 | while IFS= read -r -d '' script; do
    esbuild "$script" --minify --format=esm --log-level=warning --allow-overwrite --outfile="$script"
  done
  esbuild "$fresh/$pkg/$name.css" --minify --log-level=warning --allow-overwrite --outfile="$fresh/$pkg/$name.css"
  node scripts/compress.mjs "$fresh"
fi

[ ! -e "$site" ] || mv "$site" "$site.old.$$"
mv "$fresh" "$site"
printf '%s\n' "$inputs" >"$stamp"
say "site in $site: $(cd "$site/$pkg" && for file in "$name".{wasm,js,css}; do
  printf '%s %s B' "$file" "$(stat -c %s "$file")"
  [ ! -e "$file.br" ] || printf ' (br %s)' "$(stat -c %s "$file.br")"
  printf '  '
done)"
