// Several processes that start at once on an empty Postgres: the schema is made once, and all of them come up.

import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';

const PROCESSES = 3;

export async function start(site) {
  const postgres = await site.postgres('start-postgres', "log_statement = 'mod'\nlog_line_prefix = '%d '\n");
  const rounds = site.isFull ? 20 : 3;
  let slowest = 0;
  let migrations = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const name = `round${round}`;
    postgres.sql(`CREATE DATABASE ${name}`);
    const all = await site.holdfasts(PROCESSES, name, postgres.url(name), 'http://localhost:3000');
    const begun = Date.now();
    for (const one of all) one.start();
    await Promise.all(all.map((one) => one.ready(() => one.isReady())));
    slowest = Math.max(slowest, Date.now() - begun);
    const rows = postgres.sql('SELECT version FROM seaql_migrations ORDER BY version', name);
    // Postgres' own log says how often each was tried.
    const noted = postgres.said().match(new RegExp(`^${name} .*INSERT INTO "seaql_migrations"`, 'gm')) ?? [];
    assert.equal(noted.length, rows.length, 'migrations that were tried, and that are there');
    assert.equal(new Set(rows).size, rows.length, 'a migration is noted twice');
    assert.ok(rows.length > 0, 'there are no migrations');
    migrations = rows.length;
    await Promise.all(all.map((one) => one.stop()));
    for (const one of all) rmSync(one.folder, { recursive: true });
  }
  await postgres.stop('SIGINT');
  return {
    title: `${PROCESSES} processes start at once on an empty Postgres`,
    rows: [
      ['rounds, each on a new database', rounds],
      ['processes that came up', `${rounds * PROCESSES} of ${rounds * PROCESSES}`],
      ['migrations applied, in each round', `${migrations}, each once`],
      ['slowest round, until all were ready', `${slowest} ms`],
    ],
  };
}
