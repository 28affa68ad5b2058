// People who sign up, sign in, look, touch and sign out, all at once, through the proxy; and afterwards, whether all is there that was
// acknowledged.

import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Browser, Unavailable } from './browser.mjs';
import { Person } from './person.mjs';

/** Chance that can be repeated (mulberry32). */
export function chanceOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.assign(next, { below: (count) => Math.floor(next() * count) });
}

export class Load {
  isOver = false;
  people = [];
  acts = 0;
  /** Acts that somebody saw fail, and those that failed at the second try, too. */
  errors = [];
  left = [];
  /** When acts ended, and how long they took, second tries included: [moment, milliseconds, whether at the first try]. */
  times = [];

  /** Every try of an act: [when it began, whether it came to its end]. */
  attempts = [];

  /** `tries`: how often an act is tried before it counts as left. `pause`: milliseconds in between; else what the answer asks for. */
  constructor({ origin, port, ledger, chance, workers, name = 'p', tries = 2, pause }) {
    Object.assign(this, { origin, port, ledger, chance, name, tries, pause });
    this.working = Array.from({ length: workers }, (_, nth) => this.#work(nth));
  }

  async #work(nth) {
    const own = [];
    while (!this.isOver) {
      const begun = Date.now();
      let isFirst = true;
      for (let left = this.tries; left > 0; left -= 1) {
        const [person, act] = this.#choose(own, nth);
        const attempt = [Date.now(), false];
        this.attempts.push(attempt);
        try {
          await this.#act(own, person, act);
          attempt[1] = true;
          break;
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          isFirst = false;
          (left === 1 ? this.left : this.errors).push(`${act}: ${error.message}`);
          own.again = [person, act];
          await sleep(this.pause ?? error.retryAfter * 1000);
        }
      }
      own.again = undefined;
      this.acts += 1;
      this.times.push([Date.now(), Date.now() - begun, isFirst]);
      await sleep(10);
    }
    this.people.push(...own);
  }

  /** What failed is what is tried again. */
  #choose(own, nth) {
    if (own.again) return own.again;
    if (own.length < 2 || this.chance.below(12) === 0) {
      return [new Person(`${this.name}.${nth}.${own.length}.${this.acts}`, new Browser(this.origin, this.port), this.ledger), 'signUp'];
    }
    const person = own[this.chance.below(own.length)];
    if (person.session !== 'lives') return [person, 'signIn'];
    const act = ['signIn', 'signOut', 'touch', 'touch'][this.chance.below(10)] ?? 'check';
    return [person, act === 'touch' && person.touches >= 5 ? 'check' : act];
  }

  async #act(own, person, act) {
    await person[act]();
    if (act === 'signUp') own.push(person);
    if (act === 'signOut') await this.#isRefused(person, person.ended.at(-1));
  }

  /** Any process may be the one that is asked. */
  async #isRefused(person, sid) {
    const isRefused = await person.isRefused(sid).catch((error) => {
      if (error instanceof Unavailable) return true;
      throw error;
    });
    assert.ok(isRefused, 'a session that has ended was let in');
  }

  async stop() {
    this.isOver = true;
    await Promise.all(this.working);
  }

  /** Whoever failed an assertion, as soon as they do. */
  failed() {
    return Promise.all(this.working);
  }
}

/** Whoever was signed in is, on any process; every acknowledged passkey signs in; no ended session is let in. */
export async function findAll(people, ports) {
  const found = { sessions: 0, passkeys: 0, ended: 0 };
  const port = (nth) => ports[nth % ports.length];
  const queue = people.entries();
  const look = async () => {
    for (const [nth, person] of queue) {
      if (person.session === 'lives') {
        await person.check(port(nth));
        found.sessions += 1;
      }
      await person.signIn([port(nth), port(nth + 1)]);
      found.passkeys += 1;
      for (const sid of person.ended) {
        assert.ok(await person.isRefused(sid, port(nth + 2)), 'a session whose end was acknowledged lives');
        found.ended += 1;
      }
    }
  };
  await Promise.all([look(), look(), look(), look()]);
  return found;
}

/** Each acknowledged act has its event in the trail, each acknowledged passkey its row; nothing is there twice. */
export function findRows(postgres, database, ledger) {
  const acts = ledger.acts.map(({ request, event }) => `${request}\t${event}`).join('\n');
  const keys = ledger.passkeys.map(({ id, user }) => `${id}\t${user}`).join('\n');
  const [missing, lost] = postgres.sql(
    `CREATE TEMP TABLE said (request text, event text); CREATE TEMP TABLE keys (id uuid, person uuid);
COPY said FROM stdin;
${acts}
\\.
COPY keys FROM stdin;
${keys}
\\.
SELECT count(*) FROM said WHERE NOT EXISTS (SELECT FROM auth_events e WHERE e.request_id = said.request AND e.event_type = said.event);
SELECT count(*) FROM keys WHERE NOT EXISTS (SELECT FROM credentials c WHERE c.id = keys.id AND c.user_id = keys.person);`,
    database,
  );
  assert.equal(Number(missing), 0, `acknowledged acts without their event in the trail: ${missing}`);
  assert.equal(Number(lost), 0, `acknowledged passkeys that are missing: ${lost}`);
  return { acts: ledger.acts.length, passkeys: ledger.passkeys.length };
}

/** `holdfast audit verify`, with the signed notes of all processes: each has written some, on its own machine. */
export function verify(site, all) {
  const file = join(site.folder, 'checkpoints');
  const own = all.map((one) => join(one.folder, 'holdfast.checkpoints')).filter(existsSync);
  writeFileSync(file, own.map((path) => readFileSync(path, 'utf8')).join(''));
  return all[0].command('audit', 'verify', '--checkpoints', file).trim().replaceAll('\n', '; ');
}

export function quantile(times, share) {
  const sorted = times.map(([, took]) => took).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
