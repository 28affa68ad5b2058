// The server under test: one that is there already, or one of our own with an empty database.
//
// HOLDFAST_URL (or BASE_URL) names one that is there. Otherwise HOLDFAST_BINARY is started, or the newer of
// target/release/holdfast and target/debug/holdfast. Tests that need HTTPS start their own in any case.

import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ask } from './ask.mjs';

const READY_WITHIN_MS = 60_000;

/** @returns {string | undefined} the origin of a server that somebody else started */
export function givenUrl() {
  const url = process.env.HOLDFAST_URL || process.env.BASE_URL;
  return url && new URL(url).origin;
}

/** Waits until the server at `url` is ready. `alive` may say why it never will be. `ca`: who else is trusted. */
export async function ready(url, alive = () => undefined, ca) {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await ask(`${url}/readyz`, { ca }).catch(() => undefined);
    if (answer?.status === 200) return;
    const reason = alive() ?? (Date.now() > deadline ? `no answer within ${READY_WITHIN_MS / 1000} s` : undefined);
    if (reason) throw new Error(`${url}/readyz: ${reason}`);
    await sleep(100);
  }
}

/**
 * Starts a server on a free port, in an empty folder: neither Leptos.toml nor a developer's database takes part.
 *
 * With a `certificate` it speaks HTTPS. `origin` is what browsers see, if that is something in front of it; what that
 * says of where they are is believed. `settings`: more of them, by their variables.
 */
export async function startServer({ certificate, origin, settings: more = {} } = {}) {
  const binary = findBinary();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-end2end-'));
  const log = join(folder, 'server.log');
  const port = await freePort();
  const url = `${certificate ? 'https' : 'http'}://localhost:${port}`;
  const tls = {};
  for (const part of ['cert', 'key']) {
    if (!certificate) continue;
    const path = join(folder, `${part}.pem`);
    await writeFile(path, certificate[part], { mode: 0o600 });
    tls[`HOLDFAST_TLS_${part.toUpperCase()}`] = path;
  }

  const environment = Object.entries(process.env).filter(([name]) => !/^(HOLDFAST|LEPTOS)_/.test(name));
  const settings = {
    cwd: folder,
    env: {
      ...Object.fromEntries(environment),
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      HOLDFAST_ORIGIN: origin ?? url,
      ...tls,
      ...(origin && { HOLDFAST_TRUSTED_PROXIES: '127.0.0.0/8' }),
      // What the set-up has fetched has no place in a test.
      HOLDFAST_GEO_DB: 'none',
      // So many tests come from one address that it would be throttled.
      HOLDFAST_THROTTLE_SCALE: '100000',
      HOLDFAST_DATABASE_URL: `sqlite://${folder}/end2end.db?mode=rwc`,
      ...more,
    },
  };
  // Anywhere but on localhost the server makes no keys by itself.
  if (!/^https?:\/\/localhost[:/]/.test(`${origin ?? url}/`)) {
    const path = join(folder, 'secrets.toml');
    const { stdout } = await promisify(execFile)(binary, ['secrets'], settings);
    await writeFile(path, stdout, { mode: 0o600 });
    settings.env.HOLDFAST_SECRETS = path;
  }
  const child = spawn(binary, ['serve'], { ...settings, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = createWriteStream(log);
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });

  let end;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve((end = `${binary}: ${error.message}`)));
    child.once('close', (code, signal) => resolve((end = `the server ended by itself (${signal ?? code})`)));
  });
  const server = {
    url,
    log,
    /** Where its mails lie. */
    mails: `${folder}/end2end.db.mail`,
    /** Runs another command of the same program over the same database. Answers what it printed. */
    command: async (...words) => (await promisify(execFile)(binary, words, settings)).stdout,
    /** Why it is gone; undefined while it runs. */
    death: () => end,
    async stop() {
      if (!end) child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(killer);
      await new Promise((resolve) => out.end(resolve));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
    /** Stops it, keeps its log at `kept` and nothing else. Fails if it had died before. */
    async end(kept) {
      const death = end;
      await server.stop();
      await mkdir(dirname(kept), { recursive: true });
      await copyFile(log, kept);
      await server.remove();
      if (death) throw new Error(`${death}; its log: ${kept}`);
    },
  };
  try {
    await ready(url, server.death, certificate?.cert);
  } catch (error) {
    await server.stop();
    throw new Error(`${error.message}; its log: ${log}`);
  }
  return server;
}

function findBinary() {
  if (process.env.HOLDFAST_BINARY) return process.env.HOLDFAST_BINARY;
  const built = ['release', 'debug']
    .map((profile) => fileURLToPath(new URL(`../../target/${profile}/holdfast`, import.meta.url)))
    .filter((path) => existsSync(path))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (!built.length) throw new Error('there is no target/release/holdfast: run `make build` first');
  return built[0];
}

/** A port of this machine that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
