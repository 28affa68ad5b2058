// Three processes behind nginx: what one begins another ends, and under load they are killed and stopped.

import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Browser } from './browser.mjs';
import { Load, findAll, findRows, quantile, verify } from './load.mjs';
import { Ledger, Person } from './person.mjs';
import { Nginx, freePort } from './programs.mjs';

const PROCESSES = 3;
const WORKERS = 8;

export async function fleet(site) {
  const postgres = await site.postgres('fleet-postgres');
  postgres.sql('CREATE DATABASE holdfast');
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const all = await site.holdfasts(PROCESSES, 'holdfast', postgres.url('holdfast'), origin);
  await Promise.all(all.map((one) => one.up()));
  const nginx = await new Nginx(join(site.folder, 'nginx'), port, all).up();
  const ledger = new Ledger();
  const ports = all.map((one) => one.port);

  const across = await acrossProcesses(origin, ports, ledger);

  const load = new Load({ origin, port, ledger, chance: site.chance, workers: WORKERS });
  const seconds = site.isFull ? 180 : 20;
  const chaos = { isOver: false, kills: 0, stops: 0, longest: 0 };
  const [killed, stopped] = [disturb(site, chaos, all, kill), disturb(site, chaos, all, halt)];
  await Promise.race([sleep(seconds * 1000), load.failed()]);
  chaos.isOver = true;
  await Promise.all([killed, stopped]);
  await load.stop();
  assert.deepEqual(load.left, [], 'what failed at the second try, too');
  assert.ok(chaos.kills > 0 && chaos.stops > 0, 'nobody was disturbed');
  assert.ok(load.acts > seconds, 'there was no load');

  const found = await findAll(load.people, ports);
  const rows = findRows(postgres, 'holdfast', ledger);
  const verified = verify(site, all);
  await nginx.stop();
  await Promise.all(all.map((one) => one.stop()));
  await postgres.stop('SIGINT');
  return {
    title: `${PROCESSES} processes behind nginx, no sticky sessions`,
    rows: [
      ...across,
      ['load', `${WORKERS} people at a time, ${seconds} s: ${load.acts} acts`],
      ['meanwhile', `${chaos.kills} × \`kill -9\` and start again, ${chaos.stops} × stopped (up to ${(chaos.longest / 1000).toFixed(1)} s)`],
      ['acts that failed at the first try', `${load.errors.length} (${((100 * load.errors.length) / load.acts).toFixed(2)} %)`],
      ['acts that failed at the second try', load.left.length],
      ['an act took, second tries included: p50 · p99 · longest', [0.5, 0.99, 1].map((share) => `${quantile(load.times, share)} ms`).join(' · ')],
      ['acknowledged acts, each with its event in the trail', rows.acts],
      ['acknowledged passkeys, each signs in', `${found.passkeys} of ${rows.passkeys - across.people}`],
      ['sessions that live, each on any process', found.sessions],
      ['tokens of sessions that were ended, all refused', found.ended],
      ['`holdfast audit verify`', verified],
    ],
  };
}

/** Every pair of processes: begun on one, ended on the other. And an end that one hears of is known to all. */
async function acrossProcesses(origin, ports, ledger) {
  const pairs = ports.flatMap((begin) => ports.filter((end) => end !== begin).map((end) => [begin, end]));
  const expectRefused = async (person, sid) => {
    for (const port of ports) assert.ok(await person.isRefused(sid, port), 'a session that has ended was let in by another process');
  };
  let ended = 0;
  let people = 0;
  for (const [begin, end] of pairs) {
    const person = new Person(`across.${begin}.${end}`, new Browser(origin, begin), ledger);
    people += 1;
    await person.signUp([begin, end]);
    for (const port of ports) await person.check(port);
    await person.signIn([end, begin]);
    await person.signOut(begin);
    await expectRefused(person, person.ended.at(-1));
    // Another browser's session is ended: asked for on one process, touched for on the second and the third.
    const phone = new Person(person.name, new Browser(origin, begin), ledger);
    phone.passkey = person.passkey;
    await person.signIn([begin, end]);
    await phone.signIn([end, begin]);
    for (const port of ports) await phone.check(port);
    const third = ports.find((port) => port !== begin && port !== end);
    await person.touch('/auth/sessions/revoke', { others: true }, 'session_revoked', [begin, end, third]);
    await expectRefused(person, phone.browser.sid);
    await person.check(third);
    ended += 2;
  }
  const rows = [
    ['ceremonies begun on one process and ended on another', `${pairs.length * 4} of ${pairs.length * 4} (each pair of processes)`],
    ['touches asked for on one, begun on a second, ended on a third', `${pairs.length} of ${pairs.length}`],
    ['sessions ended on one process, refused by the next request on every one', `${ended} of ${ended}`],
  ];
  return Object.assign(rows, { people });
}

/** Again and again, until it is over: one at a time by each kind of disturbance, never all at once. */
async function disturb(site, chaos, all, how) {
  chaos.busy ??= new Set();
  await sleep(1000);
  while (!chaos.isOver) {
    const free = all.filter((one) => !chaos.busy.has(one));
    const one = free[site.chance.below(free.length)];
    chaos.busy.add(one);
    await how(site, chaos, one);
    // Until nginx, too, knows that it is back (`fail_timeout`): one of three is never disturbed.
    await sleep(2500 + site.chance.below(1000));
    chaos.busy.delete(one);
  }
}

async function kill(site, chaos, one) {
  await one.stop('SIGKILL');
  chaos.kills += 1;
  await sleep(site.chance.below(1000));
  await one.up();
}

async function halt(site, chaos, one) {
  // Shorter and longer than nginx waits.
  const time = 500 + site.chance.below(8000);
  one.signal('SIGSTOP');
  chaos.stops += 1;
  chaos.longest = Math.max(chaos.longest, time);
  await sleep(time);
  one.signal('SIGCONT');
}
