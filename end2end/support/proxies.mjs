// A real proxy, as Debian builds it, with a configuration of examples/ as it is there: only ports, names and paths are ours.

import { spawn } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from './server.mjs';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const READY_WITHIN_MS = 20_000;

/** A child process and why it is gone. */
function start(program, words, options) {
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let end;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve((end = `${program}: ${error.message}`)));
    child.once('close', (code, signal) => resolve((end = `${program} ended (${signal ?? code}): ${said}`)));
  });
  return {
    death: () => end,
    async stop() {
      if (!end) child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(killer);
    },
  };
}

async function listens(port, child) {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const is = await new Promise((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      setTimeout(() => socket.destroy(), 1_000).unref();
    });
    if (is) return;
    const reason = child.death() ?? (Date.now() > deadline ? 'nobody listens' : undefined);
    if (reason) throw new Error(reason);
    await sleep(50);
  }
}

/** A text in which each of these stands, and something else afterwards. */
function replaced(text, pairs) {
  for (const [from, to] of pairs) {
    if (!text.includes(from)) throw new Error(`the example does not say “${from}” any more`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** The app that has a host of its own. */
export const OWN_HOST = 'app.test';

/** Everything of an example but the proxy itself: a folder of its own, with certificate, and the API. */
async function stage(example, certificate, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${example}-`));
  // Whoever the proxy runs as must be able to read it.
  await chmod(folder, 0o755);
  await cp(join(EXAMPLES, 'nginx'), folder, { recursive: true });
  await cp(join(EXAMPLES, example), folder, { recursive: true });
  await writeFile(join(folder, 'fullchain.pem'), certificate.cert);
  await writeFile(join(folder, 'privkey.pem'), certificate.key, { mode: 0o600 });
  const [port, plain, apiPort] = [await freePort(), await freePort(), await freePort()];
  const api = start(process.execPath, [join(folder, 'api.mjs')], { env: { ...process.env, ...settings, PORT: String(apiPort) } });
  return {
    folder,
    port,
    plain,
    apiPort,
    /** The example's file with these texts in the place of others. */
    async configure(file, pairs) {
      await writeFile(join(folder, file), replaced(await readFile(join(folder, file), 'utf8'), pairs));
      return join(folder, file);
    },
    /** When both listen. */
    async run(proxy) {
      const stop = async () => {
        await Promise.all([proxy.stop(), api.stop()]);
        await rm(folder, { recursive: true, force: true });
      };
      try {
        await Promise.all([listens(port, proxy), listens(apiPort, api)]);
      } catch (error) {
        await stop();
        throw error;
      }
      return { port, apiPort, stop };
    },
  };
}

/**
 * The example's nginx with its app and API, at a free port, as `host`; in front of the server at `to`.
 *
 * @param {{ certificate: { key: string, cert: string }, host: string, to: string }} about
 */
export async function startNginx({ certificate, host, to }) {
  const here = `https://${host}`;
  const signed = { JWKS: `${to}/.well-known/jwks.json`, ISSUER: here, AUDIENCE: `${here} https://${OWN_HOST}` };
  const { folder, port, plain, apiPort, configure, run } = await stage('nginx', certificate, signed);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`);
  await configure('own-host.conf', [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['app.example.com', OWN_HOST],
  ]);
  const conf = await configure('nginx.conf', [
    ['http {', `http {\n    types { text/html html; }\n    ${temporary.join(' ')}`],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['127.0.0.1:3000', `127.0.0.1:${new URL(to).port}`],
    ['127.0.0.1:4000', `127.0.0.1:${apiPort}`],
    ['login.example.com', host],
  ]);
  return run(start('nginx', ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;'], {}));
}

/**
 * The example's Caddy with the same API, at a free port, as `host`; in front of the server at `to`.
 *
 * @param {{ certificate: { key: string, cert: string }, host: string, to: string }} about
 */
export async function startCaddy({ certificate, host, to }) {
  const { folder, port, apiPort, configure, run } = await stage('caddy', certificate);
  const conf = await configure('Caddyfile', [
    ['admin off', 'admin off\n\tauto_https disable_redirects'],
    ['https://login.example.com {', `https://${host}:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/fullchain.pem ${folder}/privkey.pem`],
    ['127.0.0.1:3000', `127.0.0.1:${new URL(to).port}`],
    ['127.0.0.1:4000', `127.0.0.1:${apiPort}`],
  ]);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return run(start('caddy', ['run', '--config', conf, '--adapter', 'caddyfile'], { env }));
}
