// Holdfast over HTTPS, in a Chromium that knows Device Bound Session Credentials:
// `import { expect, test } from '../support/secure'`. DBSC is for HTTPS only, so each worker that runs such a file has a
// server of its own. `test.use({ dbsc: … })` at the top of a file says what its browser knows.

import { join } from 'node:path';

import type { BrowserContext, Page } from '@playwright/test';

import { Bindings } from './bindings';
import { ask } from './ask.mjs';
import { selfSigned } from './certificate.mjs';
import { CHROMIUM_FLAGS, DBSC, chromiumPath, trusting } from './chromium.mjs';
import { startServer } from './server.mjs';
import { test as base } from './test';

export { expect } from './test';

/** The bound cookie. */
export const BOUND = '__Host-bound';
/** The session's. */
export const SID = '__Host-sid';

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json(): any;
}

export interface Running {
  url: string;
  /** Stops it and keeps its log; fails if it had died before. */
  end(log: string): Promise<void>;
}

interface PerTest {
  /** What the browser does with bindings. */
  bindings: Bindings;
  /** One request by hand, from outside the browser. */
  byHand: (path: string, request?: Asked) => Promise<Answered>;
}

interface PerWorker {
  /** `unlimited`: as often as a test likes. `limited`: as shipped. `unknown`: a browser without DBSC. */
  dbsc: 'unlimited' | 'limited' | 'unknown';
  certificate: ReturnType<typeof selfSigned>;
  server: Running;
}

export const test = base.extend<PerTest, PerWorker>({
  dbsc: ['unlimited', { option: true, scope: 'worker' }],

  certificate: [async ({}, use) => use(selfSigned()), { scope: 'worker' }],

  server: [
    async ({ certificate }, use, { workerIndex, project }) => {
      const server: Running = await startServer({ certificate });
      await use(server);
      await server.end(join(project.outputDir, `server-${workerIndex}.log`));
    },
    { scope: 'worker' },
  ],

  launchOptions: [
    async ({ certificate, dbsc }, use) => {
      const flags = dbsc === 'unknown' ? [] : DBSC[dbsc];
      await use({ executablePath: chromiumPath(), args: [...CHROMIUM_FLAGS, ...trusting(certificate), ...flags] });
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  bindings: async ({ page }, use) => use(await Bindings.over(page)),

  byHand: async ({ baseURL, certificate }, use) =>
    use((path, request = {}) => ask(`${baseURL}${path}`, { ...request, ca: certificate.cert }) as Promise<Answered>),
});

/** A session that is bound, as `session` answers it. */
export const BOUND_SESSION = { status: 200, session: { binding: 'dbsc' } };

/** `GET /auth/session`, as the page asks it. */
export function session(page: Page): Promise<{ status: number; code?: string; session?: { id: string; binding: string } }> {
  return page.evaluate(async () => {
    const answer = await fetch('/auth/session');
    return { status: answer.status, ...(await answer.json()) };
  });
}

/** The value of a cookie that the browser holds. */
export async function valueOf(context: BrowserContext, cookie: string): Promise<string | undefined> {
  return (await context.cookies()).find(({ name }) => name === cookie)?.value;
}

/** Both cookies, as a request carries them. */
export async function cookiesOf(context: BrowserContext): Promise<string> {
  return `${SID}=${await valueOf(context, SID)}; ${BOUND}=${await valueOf(context, BOUND)}`;
}

/** What the server tells a browser by, cookies aside. */
export async function lookalike(page: Page): Promise<Record<string, string>> {
  const answer = await page.reload();
  const all = Object.entries(await answer!.request().allHeaders());
  return Object.fromEntries(all.filter(([name]) => /^(user-agent|accept-language|sec-ch-ua.*)$/.test(name)));
}

/** Signs in over a session that is there. No page of ours does that; a second tab from before could. */
export function signInAgain(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const call = async (path: string, body: object) => {
      const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer.json();
    };
    const options = await call('/auth/passkey/login/options', {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const passkey = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    await call('/auth/passkey/login/verify', { response: passkey.toJSON() });
  });
}
