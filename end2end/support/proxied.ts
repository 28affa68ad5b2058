// Holdfast and an app behind a real proxy, as an example has it: `import { … } from '../support/proxied'`, and `behind(startNginx)`.

import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { selfSigned } from './certificate.mjs';
import { CHROMIUM_FLAGS, chromiumPath, trusting } from './chromium.mjs';
import { type Running, test as base } from './secure';
import { OWN_HOST } from './proxies.mjs';
import { startServer } from './server.mjs';

export { expect } from './secure';

const HOST = 'login.test';
/** Where all of it is, as browsers see it. */
export const ORIGIN = `https://${HOST}`;

type Proxy = { port: number; apiPort: number; stop(): Promise<void> };
type Start = (about: { certificate: { key: string; cert: string }; host: string; to: string }) => Promise<Proxy>;

/** The test with this proxy. */
export function behind(start: Start) {
  return base.extend<{}, { server: Running & { port: number; apiPort: number }; launchOptions: object }>({
    certificate: [async ({}, use) => use(selfSigned(HOST)), { scope: 'worker' }],
    server: [
      async ({ certificate }, use, { workerIndex, project }) => {
        const settings = { HOLDFAST_FORWARD_SENSITIVE: '/app/api', HOLDFAST_FORWARD_STEP_UP: '/app/admin', HOLDFAST_FORWARD_TOKEN: 'true', HOLDFAST_FORWARD_APPS: OWN_HOST };
        const server = await startServer({ origin: ORIGIN, settings });
        const proxy = await start({ certificate, host: HOST, to: server.url });
        await use({ ...server, url: ORIGIN, port: proxy.port, apiPort: proxy.apiPort });
        await proxy.stop();
        await server.end(join(project.outputDir, `server-${workerIndex}.log`));
      },
      { scope: 'worker' },
    ],
    launchOptions: [
      async ({ certificate, server }, use) => {
        const map = `--host-resolver-rules=MAP *.test:443 127.0.0.1:${server.port}`;
        await use({ executablePath: chromiumPath(), args: [...CHROMIUM_FLAGS, ...trusting(certificate), map] });
      },
      { scope: 'worker' },
    ],
  });
}

/** What a script in the page hears from the app's API. */
export function call(page: Page, method = 'GET', headers: Record<string, string> = {}) {
  return page.evaluate(
    async ([method, headers]) => {
      const answer = await fetch('/app/api/me?x=1', { method, headers });
      return { status: answer.status, page: answer.headers.get('x-auth-page'), body: await answer.json() };
    },
    [method, headers] as const,
  );
}
