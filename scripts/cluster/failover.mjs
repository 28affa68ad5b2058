// The primary dies under load, or hangs; its synchronous standby takes over, and PgBouncer is told. Nobody touches Holdfast.

import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Load, findAll, findRows, verify } from './load.mjs';
import { Ledger } from './person.mjs';
import { Nginx, PgBouncer, Postgres, freePort, until } from './programs.mjs';

const PROCESSES = 3;
const WORKERS = 8;

export async function failover(site) {
  const rows = [];
  for (const [how, end] of [
    ['killed', (primary) => primary.kill()],
    ['hung', (primary) => primary.hang()],
  ]) {
    for (const [what, value] of await once(site, how, end)) rows.push([`${how}: ${what}`, value]);
  }
  return { title: 'The primary is gone under load, its synchronous standby takes over', rows };
}

async function once(site, how, end) {
  // A commit is answered for when it is on the standby's disk as well.
  const primary = await site.postgres(`${how}-primary`, "synchronous_commit = on\nsynchronous_standby_names = 'standby'\nwal_keep_size = 64\n");
  const standby = await new Postgres('standby', join(site.folder, `${how}-standby`), await freePort()).follow(primary);
  await until('the standby is waited for', () => primary.sql('SELECT sync_state FROM pg_stat_replication')[0] === 'sync');
  primary.sql('CREATE DATABASE holdfast');
  const bouncer = new PgBouncer(join(site.folder, `${how}-pgbouncer`), await freePort());
  bouncer.configure(primary);
  await bouncer.up();

  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const all = await site.holdfasts(PROCESSES, how, bouncer.url(), origin);
  await Promise.all(all.map((one) => one.up()));
  const nginx = await new Nginx(join(site.folder, `${how}-nginx`), port, all).up();
  const ledger = new Ledger();
  const load = new Load({ origin, port, ledger, chance: site.chance, workers: WORKERS, tries: Infinity, pause: 100 });
  await Promise.race([sleep(site.isFull ? 10_000 : 2000), load.failed()]);

  const before = ledger.acts.length;
  assert.ok(before > 50, 'there was no load');
  const gone = Date.now();
  await end(primary);
  // Whoever watches over the databases needs some time to be sure.
  await sleep(1000);
  standby.sql('SELECT pg_promote()');
  bouncer.configure(standby);
  for (const word of ['RELOAD', 'KILL holdfast', 'RESUME holdfast']) bouncer.tell(word);
  const promoted = Date.now() - gone;
  await Promise.race([sleep(site.isFull ? 15_000 : 5000), load.failed()]);
  await load.stop();

  // Tries that began afterwards: the first that came to its end, and the first hundred of which ninety-nine did.
  const after = load.attempts.filter(([begun]) => begun > gone).sort(([a], [b]) => a - b);
  const first = after.find(([, isWell]) => isWell);
  assert.ok(first, 'it never came back');
  const settled = after.findIndex(([, isWell], nth) => isWell && after.slice(nth, nth + 100).filter(([, is]) => is).length >= 99);
  assert.ok(settled >= 0, 'it never came back to ninety-nine of a hundred');
  assert.ok(all.every((one) => !one.isGone), 'a process ended');
  assert.ok(ledger.acts.length > before + 50, 'nothing was done afterwards');

  const found = await findAll(load.people, all.map((one) => one.port));
  const there = findRows(standby, 'holdfast', ledger);
  const verified = verify(site, all);
  await nginx.stop();
  await Promise.all(all.map((one) => one.stop()));
  await bouncer.stop();
  await standby.stop('SIGINT');
  if (!primary.isGone) await primary.kill();
  const seconds = (time) => `${(time / 1000).toFixed(1)} s`;
  return [
    ['the standby is the primary, and PgBouncer knows, after', seconds(promoted)],
    ['the first try that succeeds begins after', seconds(first[0] - gone)],
    ['of a hundred tries 99 succeed after', seconds(after[settled][0] - gone)],
    ['tries that failed in between', load.errors.length],
    ['acknowledged acts before · in all, each with its event in the trail', `${before} · ${there.acts}`],
    ['acknowledged passkeys, each signs in', `${found.passkeys} of ${there.passkeys}`],
    ['sessions that live · tokens of ended ones, all refused', `${found.sessions} · ${found.ended}`],
    ['`holdfast audit verify`', verified],
  ];
}
