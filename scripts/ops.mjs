// node ops.mjs PROMETHEUS HOLDFAST METRICS RULES: ask Prometheus what the dashboard and the rules ask, as scripts/ops.sh has
// started it, and see that every name in them is one that Holdfast gives.

import { readFileSync } from 'node:fs';

const [prometheus, holdfast, metrics, rulesExpected] = process.argv.slice(2);
const fail = (why) => {
  console.error(`ops: ${why}`);
  process.exit(1);
};
const json = async (path) => (await fetch(prometheus + path)).json();
const ask = (expr) => json(`/api/v1/query?query=${encodeURIComponent(expr)}`);

// Something to count.
for (const path of ['/', '/healthz', '/auth/session', '/nothing']) await fetch(holdfast + path);

const deadline = Date.now() + 30_000;
const until = async (what, done) => {
  while (!(await done())) {
    if (Date.now() > deadline) fail(`${what} took too long`);
    await new Promise((go) => setTimeout(go, 250));
  }
};
await until('being watched', async () => (await ask('holdfast_build_info')).data?.result?.length === 1);
const loaded = async () => (await json('/api/v1/rules')).data.groups.flatMap((group) => group.rules);
await until('loading the rules', async () => (await loaded()).every((rule) => rule.health === 'ok'));
const rules = await loaded();
if (rules.length !== Number(rulesExpected)) fail(`${rules.length} rules were loaded, and ${rulesExpected} are written`);

const dashboard = JSON.parse(readFileSync('examples/grafana/holdfast.json', 'utf8'));
const drawn = dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr));
const text = await (await fetch(metrics)).text();
// What the text says it gives, as Prometheus names it.
const given = new Set(['up']);
for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
  const endings = { counter: ['_total'], histogram: ['_bucket', '_count', '_sum'], info: ['_info'] }[type] ?? [''];
  for (const ending of endings) given.add(name + ending);
}
// What nothing has happened to yet is not in the text. A test holds this page and the text together.
for (const [, name] of readFileSync('docs/operations.md', 'utf8').matchAll(/^\| `(holdfast_\w+)`/gm)) given.add(name);
const used = new Set();
for (const expr of [...drawn.map((expr) => expr.replaceAll('$__rate_interval', '1m')), ...rules.map((rule) => rule.query)]) {
  const answer = await ask(expr);
  if (answer.status !== 'success') fail(`${expr}: ${answer.error}`);
  for (const [name] of expr.matchAll(/\bholdfast_\w+|\bup\b/g)) {
    if (!given.has(name)) fail(`${name} is not among what Holdfast gives: ${expr}`);
    used.add(name);
  }
}
// Whether anything is there where something must be.
for (const expr of ['up{job="holdfast"} == 1', 'holdfast_database_up == 1', 'holdfast_alerts_total{rule="token_reuse"} == 0']) {
  if ((await ask(expr)).data.result.length !== 1) fail(`${expr} is not so`);
}
const firing = rules.filter((rule) => rule.state === 'firing' && rule.name !== 'HoldfastCheckpointLate');
if (firing.length > 0) fail(`${firing.map((rule) => rule.name)} fires at a server that is well`);
console.log(`${rules.length} rules and ${drawn.length} questions of the dashboard asked, ${used.size} of ${given.size} metrics used`);
