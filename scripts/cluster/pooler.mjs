// The same through PgBouncer in transaction mode: any statement may meet any connection.

import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Load, findAll, findRows, quantile, verify } from './load.mjs';
import { Ledger } from './person.mjs';
import { Nginx, PgBouncer, freePort } from './programs.mjs';

const PROCESSES = 3;
const WORKERS = 16;
/** Fewer than there are people, so that a connection passes from one to the other all the time. */
const CONNECTIONS = 4;

export async function pooler(site) {
  const postgres = await site.postgres('pooler-postgres');
  postgres.sql('CREATE DATABASE holdfast');
  const bouncer = new PgBouncer(join(site.folder, 'pgbouncer'), await freePort());
  bouncer.configure(postgres, { default_pool_size: CONNECTIONS });
  await bouncer.up();
  // A connection that the pooler has opened has the limits that Holdfast wants.
  const limits = ['lock_timeout', 'idle_in_transaction_session_timeout'].map((name) => bouncer.ask(`SHOW ${name}`)[0]);
  assert.deepEqual(limits, ['10s', '1min'], 'limits of a connection of the pooler');

  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const all = await site.holdfasts(PROCESSES, 'pooled', bouncer.url(), origin);
  // Migrations, too, go through it, from all three at once.
  await Promise.all(all.map((one) => one.up()));
  const nginx = await new Nginx(join(site.folder, 'pooled-nginx'), port, all).up();
  const ledger = new Ledger();
  const load = new Load({ origin, port, ledger, chance: site.chance, workers: WORKERS });
  const seconds = site.isFull ? 30 : 6;
  const seen = { clients: 0, servers: 0 };
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    await Promise.race([sleep(500), load.failed()]);
    seen.servers = Math.max(seen.servers, Number(postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'holdfast'")[0]));
    seen.clients = Math.max(seen.clients, bouncer.tell('SHOW CLIENTS').filter((line) => line.split('|')[2] === 'holdfast').length);
  }
  await load.stop();
  assert.equal(load.errors.length, 0, `errors, with nothing disturbed: ${load.errors.slice(0, 5).join('\n')}`);
  assert.ok(seen.servers <= CONNECTIONS && seen.clients > seen.servers, `nothing was shared: ${JSON.stringify(seen)}`);
  const found = await findAll(load.people, all.map((one) => one.port));
  const rows = findRows(postgres, 'holdfast', ledger);
  const verified = verify(site, all);
  await nginx.stop();
  await Promise.all(all.map((one) => one.stop()));
  await bouncer.stop();
  await postgres.stop('SIGINT');
  return {
    title: `${PROCESSES} processes through ${bouncer.version()}, transaction mode`,
    rows: [
      ['connections of Holdfast · of PgBouncer to Postgres', `${seen.clients} · ${seen.servers}`],
      ['load', `${WORKERS} people at a time, ${seconds} s: ${load.acts} acts`],
      ['acts that failed', load.errors.length],
      ['an act took: p50 · p99', [0.5, 0.99].map((share) => `${quantile(load.times, share)} ms`).join(' · ')],
      ['acknowledged acts, each with its event in the trail', rows.acts],
      ['acknowledged passkeys, each signs in', `${found.passkeys} of ${rows.passkeys}`],
      ['`holdfast audit verify`', verified],
    ],
  };
}
