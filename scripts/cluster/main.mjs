// node main.mjs FOLDER [--full] [--only PART] [--write]: scripts/cluster.sh has prepared it. Prints a table a part; stops at the first thing
// that does not hold.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { failover } from './failover.mjs';
import { fleet } from './fleet.mjs';
import { chanceOf } from './load.mjs';
import { pooler } from './pooler.mjs';
import { Holdfast, Postgres, freePort, hasPooler, killAll } from './programs.mjs';
import { start } from './start.mjs';

const [folder, ...words] = process.argv.slice(2);
const isFull = words.includes('--full');
const only = words.includes('--only') ? words[words.indexOf('--only') + 1] : undefined;
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const say = (text) => console.log(text);
say(`cluster: HOLDFAST_TEST_SEED=${seed}`);

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(1));
process.on('exit', killAll);

const secrets = join(folder, 'secrets.toml');
writeFileSync(secrets, execFileSync(process.env.HOLDFAST_BINARY, ['secrets'], { cwd: folder, encoding: 'utf8' }), { mode: 0o600 });

/** What the parts need: a Postgres of their own, and processes that share all settings and the file of keys. */
const site = {
  folder,
  isFull,
  chance: chanceOf(seed),
  say,
  async postgres(name, text) {
    return new Postgres(name, join(folder, name), await freePort()).make(text);
  },
  async holdfasts(count, name, url, origin, more = {}) {
    const settings = {
      HOLDFAST_DATABASE_URL: url,
      HOLDFAST_ORIGIN: origin,
      HOLDFAST_SECRETS: secrets,
      HOLDFAST_TRUSTED_PROXIES: '127.0.0.1',
      // Everybody comes from one address.
      HOLDFAST_THROTTLE_SCALE: '100000',
      HOLDFAST_SESSION_ROTATE_AFTER: '1m',
      HOLDFAST_METRICS_ADDR: 'none',
      HOLDFAST_GEO_DB: 'none',
      ...more,
    };
    const all = [];
    for (let nth = 0; nth < count; nth += 1) all.push(new Holdfast(`${name} ${nth + 1}`, join(folder, `${name}-${nth + 1}`), await freePort(), settings));
    return all;
  },
};

const BEGIN = '<!-- cluster:begin -->\n';
const END = '<!-- cluster:end -->\n';

let text = '';
let begun = Date.now();
const pooled = hasPooler();
for (const [name, part] of Object.entries({ start, fleet, pooler, failover })) {
  if (only && only !== name) continue;
  if (!pooled && [pooler, failover].includes(part)) {
    say(`cluster: ${name} left out: there is no PgBouncer of 1.21 or newer here`);
    continue;
  }
  const { title, rows } = await part(site);
  const table = `| ${title} | |\n|---|---|\n${rows.map(([what, value]) => `| ${what} | ${value} |\n`).join('')}`;
  text += `${table}\n`;
  say(`\n${table}`);
  say(`cluster: ${name} held, after ${Math.round((Date.now() - begun) / 1000)} s`);
  begun = Date.now();
}
if (words.includes('--write')) {
  const page = readFileSync('docs/cluster.md', 'utf8');
  const [before, rest] = page.split(BEGIN);
  const cpu = readFileSync('/proc/cpuinfo', 'utf8').match(/model name\s*: (.*)/)?.[1];
  const cores = (readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm) ?? []).length;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const when = new Date().toISOString().slice(0, 10);
  const head = `Measured ${when} on ${cores} cores of ${cpu}, at commit ${commit}, all of it on one machine: \`make cluster ARGS="${words.join(' ')}"\`.\n\n`;
  writeFileSync('docs/cluster.md', `${before}${BEGIN}${head}${text}${END}${rest.split(END)[1]}`);
}
process.exit(0);
