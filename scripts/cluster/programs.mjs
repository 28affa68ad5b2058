// The programs of a small site, as processes of our own: Holdfast, nginx, Postgres, PgBouncer. All on loopback.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, chmodSync, chownSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_WITHIN_MS = 60_000;
const running = new Set();

/** A port on loopback that nobody listens on now, outside the range that outgoing connections take. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await listens(port))) return port;
  }
}

const listens = (port) =>
  new Promise((answer) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => answer(true) ?? socket.destroy());
    socket.once('error', () => answer(false));
  });

/** Until `is` says so. */
export async function until(what, is, within = READY_WITHIN_MS) {
  for (const end = Date.now() + within; ; await sleep(20)) {
    if (await is()) return;
    if (Date.now() > end) throw new Error(`${what}: it never came to be`);
  }
}

/** Debian's Postgres and PgBouncer refuse to be root. */
const isRoot = process.getuid() === 0;
const NOBODY = isRoot ? Number(execFileSync('id', ['-u', 'nobody'])) : process.getuid();
const asNobody = (program, words) => (isRoot ? ['setpriv', [`--reuid=${NOBODY}`, '--clear-groups', '--', program, ...words]] : [program, words]);

class Program {
  constructor(name, folder) {
    Object.assign(this, { name, folder });
    mkdirSync(folder, { recursive: true });
    this.log = join(folder, 'log');
  }

  run(program, words, options = {}) {
    const log = openSync(this.log, 'a');
    const child = spawn(program, words, { cwd: this.folder, stdio: ['ignore', log, log], ...options });
    this.child = child;
    this.isGone = false;
    running.add(child);
    this.gone = new Promise((end) => {
      child.once('error', (error) => end((this.isGone = `${error.message}`)));
      child.once('exit', (code, signal) => end((this.isGone = `${signal ?? code}`)));
    }).finally(() => running.delete(child));
  }

  said() {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8') : '';
  }

  async ready(is) {
    await until(`${this.name} is ready`, async () => {
      if (this.isGone) throw new Error(`${this.name} ended (${this.isGone}): ${this.said().slice(-2000)}`);
      return is();
    });
  }

  signal(name) {
    this.child.kill(name);
  }

  async stop(name = 'SIGTERM') {
    this.signal(name);
    await this.gone;
  }
}

/** Nothing of ours outlives us, nor what it has started: nginx has workers, Postgres has a process for each connection. */
export function killAll() {
  const ids = [...running].map((child) => child.pid);
  for (const id of [...ids, ...childrenOf(ids)]) signal(id, 'SIGKILL');
}

function signal(id, name) {
  try {
    process.kill(id, name);
  } catch {
    // It has ended by itself.
  }
}

function childrenOf(parents) {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return ids.filter((id) => parents.includes(parentOf(id)));
}

export class Holdfast extends Program {
  constructor(name, folder, port, settings) {
    super(name, folder);
    Object.assign(this, { port, settings: { ...settings, LEPTOS_SITE_ADDR: `127.0.0.1:${port}` } });
  }

  start() {
    this.run(process.env.HOLDFAST_BINARY, ['serve'], { env: { PATH: process.env.PATH, ...this.settings } });
  }

  async isReady() {
    const answer = await fetch(`http://127.0.0.1:${this.port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    return answer?.status === 200;
  }

  async up() {
    this.start();
    await this.ready(() => this.isReady());
    return this;
  }

  /** A command of the program, with the same settings. */
  command(...words) {
    return execFileSync(process.env.HOLDFAST_BINARY, words, { cwd: this.folder, env: { PATH: process.env.PATH, ...this.settings }, encoding: 'utf8' });
  }
}

/** The example's nginx, at `port`, in front of these. */
export class Nginx extends Program {
  constructor(folder, port, holdfasts, example = 'examples/nginx/cluster.conf') {
    super('nginx', folder);
    this.port = port;
    let text = readFileSync(example, 'utf8');
    const change = (from, to) => {
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`${example} does not say “${from}” any more`);
      text = changed;
    };
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`);
    change('http {', `http {\n    ${temporary.join(' ')}`);
    change('listen 443 ssl http2;', `listen 127.0.0.1:${port};`);
    change('login.example.com;', 'localhost;');
    change(/ *ssl_.*\n/g, '');
    holdfasts.forEach((one, nth) => change(new RegExp(`10.0.0.${nth + 1}:3000`, 'g'), `127.0.0.1:${one.port}`));
    if (text.includes('10.0.0.')) throw new Error(`${example} names a process more`);
    writeFileSync(join(folder, 'nginx.conf'), text);
    chmodSync(folder, 0o755);
  }

  async up() {
    this.run('nginx', ['-e', 'stderr', '-p', this.folder, '-c', join(this.folder, 'nginx.conf'), '-g', 'daemon off;']);
    await this.ready(() => listens(this.port));
    return this;
  }
}

/** A Postgres that writes through. */
export class Postgres extends Program {
  constructor(name, folder, port) {
    super(name, folder);
    Object.assign(this, { port, data: join(folder, 'data') });
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
  }

  url(database = 'postgres') {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  tool(name, ...words) {
    const [program, all] = asNobody(join(process.env.POSTGRES_BIN, name), words);
    return execFileSync(program, all, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  configure(text) {
    writeFileSync(join(this.data, 'postgresql.auto.conf'), `listen_addresses = '127.0.0.1'\nport = ${this.port}\nunix_socket_directories = ''\nmax_connections = 200\n${text}`);
  }

  async make(text = '') {
    this.tool('initdb', '-D', this.data, '-U', 'postgres', '-A', 'trust', '--no-locale', '-E', 'UTF8', '--no-sync');
    this.configure(text);
    return this.up();
  }

  /** A standby that follows `primary` and is waited for at every commit. */
  async follow(primary) {
    this.tool('pg_basebackup', '-d', primary.url(), '-D', this.data, '--checkpoint=fast', '-R', '-X', 'stream');
    this.configure(`hot_standby = on\nprimary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres application_name=standby'\n`);
    return this.up();
  }

  async up() {
    this.run(...asNobody(join(process.env.POSTGRES_BIN, 'postgres'), ['-D', this.data]));
    await this.ready(() => this.answers());
    return this;
  }

  answers() {
    try {
      this.sql('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  /** What it says, as lines; fields are parted by `|`. */
  sql(text, database = 'postgres') {
    return psql(this.url(database), [], text);
  }

  /** As when its machine loses power: the server and every process that it has made, at once. */
  async kill() {
    this.#signalAll('SIGKILL');
    await this.gone;
  }

  /** As when its machine answers no more, and does not say so: connections stay open, and nothing comes. */
  hang() {
    this.#signalAll('SIGSTOP');
  }

  #signalAll(name) {
    const own = childrenOf([this.child.pid]);
    for (const id of [this.child.pid, ...own]) signal(id, name);
  }
}

function psql(url, words, input = '') {
  const all = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url, ...words];
  return execFileSync(join(process.env.POSTGRES_BIN, 'psql'), all, { input, encoding: 'utf8', stdio: 'pipe' }).split('\n').filter(Boolean);
}

function parentOf(id) {
  try {
    return Number(readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Whether there is a PgBouncer that knows prepared statements in transaction mode. */
export function hasPooler() {
  try {
    const [, major, minor] = execFileSync('pgbouncer', ['--version'], { encoding: 'utf8' }).match(/ (\d+)\.(\d+)/);
    return Number(major) > 1 || Number(minor) >= 21;
  } catch {
    return false;
  }
}

/** PgBouncer in front of a Postgres. */
export class PgBouncer extends Program {
  constructor(folder, port) {
    super('PgBouncer', folder);
    this.port = port;
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
  }

  /** The example's settings, with our ports, and with some values in the place of others. */
  configure(postgres, values = {}) {
    let text = readFileSync('examples/pgbouncer/pgbouncer.ini', 'utf8');
    const change = (from, to) => {
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`examples/pgbouncer does not say “${from}” any more`);
      text = changed;
    };
    change('host=10.0.0.10 port=5432', `host=127.0.0.1 port=${postgres.port} user=postgres`);
    change('auth_file = /etc/pgbouncer/userlist.txt\n', '');
    const all = { listen_addr: '127.0.0.1', listen_port: this.port, auth_type: 'any', ...values };
    for (const [name, value] of Object.entries(all)) change(new RegExp(`^${name} = .*$`, 'm'), `${name} = ${value}`);
    writeFileSync(join(this.folder, 'pgbouncer.ini'), `${text}unix_socket_dir =\nadmin_users = holdfast\n`);
  }

  async up() {
    this.run(...asNobody('pgbouncer', ['pgbouncer.ini']));
    await this.ready(() => listens(this.port));
    return this;
  }

  url(database = 'holdfast') {
    return `postgres://holdfast@127.0.0.1:${this.port}/${database}`;
  }

  /** Through it, to Postgres. */
  ask(text, database) {
    return psql(this.url(database), ['-c', text]);
  }

  /** A word to its console. */
  tell(text) {
    return this.ask(text, 'pgbouncer');
  }

  version() {
    return execFileSync('pgbouncer', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  }
}
