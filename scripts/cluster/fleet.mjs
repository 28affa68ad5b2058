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

  const one = await phase(site, { origin, port, ledger, all, name: 'one', seconds: site.isFull ? 120 : 20, longest: 8000, hands: 1 });
  // What fails because of one process is well at the second try.
  assert.equal(one.load.left.length, 0, `failed at the second try, too: ${one.load.left.slice(0, 5).join('\n')}`);
  const phases = [one];
  if (site.isFull) {
    const two = await phase(site, { origin, port, ledger, all, name: 'two', seconds: 75, longest: 20_000, hands: 2 });
    // Both tries may meet one that is in trouble. Never many, and never is anything lost.
    assert.ok(two.load.left.length <= two.load.acts * 0.01, `failed at the second try, too: ${two.load.left.length} of ${two.load.acts}`);
    phases.push(two);
  }
  const people = phases.flatMap(({ load }) => load.people);

  const found = await findAll(people, ports);
  const rows = findRows(postgres, 'holdfast', ledger);
  const verified = verify(site, all);
  await nginx.stop();
  await Promise.all(all.map((one) => one.stop()));
  await postgres.stop('SIGINT');
  return {
    title: `${PROCESSES} processes behind nginx, no sticky sessions`,
    rows: [
      ...across,
      ...phases.flatMap(({ rows }) => rows),
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

/** Load, while processes are disturbed: one at a time by each hand, and never all of them. */
async function phase(site, { origin, port, ledger, all, name, seconds, longest, hands }) {
  const load = new Load({ origin, port, ledger, chance: site.chance, workers: WORKERS, name });
  const chaos = { isOver: false, busy: new Set(), kills: 0, stops: 0, longest };
  const disturbing = Array.from({ length: hands }, (_, hand) => disturb(site, chaos, all, hand));
  await Promise.race([sleep(seconds * 1000), load.failed()]);
  chaos.isOver = true;
  await Promise.all(disturbing);
  await load.stop();
  assert.ok(chaos.kills > 0 && chaos.stops > 0, 'nobody was disturbed');
  assert.ok(load.acts > seconds, 'there was no load');
  const share = (count) => `${count} (${((100 * count) / load.acts).toFixed(2)} %)`;
  const rows = [
    [`${hands} of ${PROCESSES} in trouble at a time: load`, `${WORKERS} people at a time, ${seconds} s: ${load.acts} acts`],
    ['· meanwhile', `${chaos.kills} × \`kill -9\` and start again, ${chaos.stops} × stopped for up to ${longest / 1000} s`],
    ['· acts that failed at the first try', share(load.errors.length)],
    ['· acts that failed at the second try', share(load.left.length)],
    ['· an act took, second tries included: p50 · p99 · longest', [0.5, 0.99, 1].map((part) => `${quantile(load.times, part)} ms`).join(' · ')],
  ];
  return { load, rows };
}

/** Kill one and start it again, stop one and let it go on, in turn, until it is over. */
async function disturb(site, chaos, all, hand) {
  await sleep(1000);
  for (let turn = hand; !chaos.isOver; turn += 1) {
    const free = all.filter((one) => !chaos.busy.has(one));
    const one = free[site.chance.below(free.length)];
    chaos.busy.add(one);
    await (turn % 2 ? halt : kill)(site, chaos, one);
    chaos.busy.delete(one);
    await sleep(1000 + site.chance.below(1000));
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
  const time = 500 + site.chance.below(chaos.longest - 500);
  one.signal('SIGSTOP');
  chaos.stops += 1;
  await sleep(time);
  one.signal('SIGCONT');
}
