#!/usr/bin/env bash
# scripts/lighthouse.sh: Lighthouse's four scores of the sign-in page, mobile profile (a slow phone on a slow network, simulated), from the
# release binary, with nothing cached. Fails below 99. The scores depend on the machine, so this is no part of `make test`.
. "$(dirname "$0")/lib.sh"
cd "$HOLDFAST_ROOT"

binary="$(realpath "$TARGET_DIR")/release/holdfast"
[ -x "$binary" ] || die "$binary is missing: make build"
lighthouse="$HOLDFAST_TOOLS/node_modules/.bin/lighthouse"
[ -x "$lighthouse" ] || die "Lighthouse is not there: scripts/setup.sh lighthouse"
export CHROME_PATH="${HOLDFAST_CHROMIUM:-/usr/bin/chromium}"

workshop
port="$(free_port)"
(
  cd "$work"
  exec env LEPTOS_SITE_ADDR="127.0.0.1:$port" HOLDFAST_ORIGIN="http://localhost:$port" HOLDFAST_METRICS_ADDR=none HOLDFAST_GEO_DB=none \
    HOLDFAST_DATABASE_URL="sqlite://$work/lighthouse.db?mode=rwc" "$binary" serve
) >"$work/log" 2>&1 &
children+=($!)
wait_for "http://localhost:$port/readyz" 30 "${children[0]}" "$work/log"
"$lighthouse" "http://localhost:$port/" --quiet --chrome-flags="--headless=new --no-sandbox" --output=json --output-path="$work/report.json"
node - "$work/report.json" <<'NODE'
const { categories, audits, lighthouseVersion } = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
const scores = Object.values(categories).map(({ title, score }) => [title, Math.round(score * 100)]);
console.log(`Lighthouse ${lighthouseVersion}: ${scores.map(([title, score]) => `${title} ${score}`).join(', ')}`);
for (const name of ['first-contentful-paint', 'largest-contentful-paint', 'interactive', 'total-blocking-time']) console.log(`  ${audits[name].title}: ${audits[name].displayValue}`);
for (const { auditRefs } of Object.values(categories)) {
  for (const { id, weight } of auditRefs) if (weight > 0 && audits[id].score !== null && audits[id].score < 0.99) console.log(`  not perfect: ${audits[id].title}`);
}
process.exit(scores.every(([, score]) => score >= 99) ? 0 : 1);
NODE
