// A passkey of one domain on a page of another one: the browser asks `/.well-known/webauthn`, and the server verifies by the same
// list. Chromium fetches that file from port 443 of the relying party id, so names and ports are mapped for it.

import { join } from 'node:path';

import { ask } from '../support/ask.mjs';
import { CHROMIUM_FLAGS, chromiumPath, trusting } from '../support/chromium.mjs';
import { startServer } from '../support/server.mjs';
import { type Answered, type Running, expect, test as base } from '../support/secure';

const OURS = 'https://login.test';
const RELATED = 'https://related.test';
const STRANGER = 'https://stranger.test';

const test = base.extend<{}, { server: Running & { local: string }; launchOptions: object }>({
  server: [
    async ({ certificate }, use, { workerIndex, project }) => {
      const server = await startServer({ certificate, origin: OURS, settings: { HOLDFAST_RELATED_ORIGINS: RELATED } });
      await use({ ...server, url: OURS, local: server.url });
      await server.end(join(project.outputDir, `server-${workerIndex}.log`));
    },
    { scope: 'worker' },
  ],
  launchOptions: [
    async ({ certificate, server }, use) => {
      const map = `--host-resolver-rules=MAP *.test:443 127.0.0.1:${new URL(server.local).port}`;
      await use({ executablePath: chromiumPath(), args: [...CHROMIUM_FLAGS, ...trusting(certificate), map] });
    },
    { scope: 'worker' },
  ],
});

/** On a page of this origin: a whole sign-in with our options, posted to the page's own host, as its proxy would pass it on. */
async function signInAt(page: import('@playwright/test').Page, origin: string) {
  await page.route(`${origin}/`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Elsewhere</title>' }));
  await page.goto(`${origin}/`);
  return page.evaluate(async () => {
    const call = async (path: string, body: object) => {
      const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    };
    const { body: options } = await call('/auth/passkey/login/options', {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    try {
      const passkey = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
      const { status, body } = await call('/auth/passkey/login/verify', { response: passkey.toJSON() });
      return { rpId: publicKey.rpId, status, name: body.user?.displayName };
    } catch (error) {
      return { rpId: publicKey.rpId, error: (error as DOMException).name };
    }
  });
}

test('a passkey of ours signs in on a page of a related origin, and on no stranger’s', async ({ device: _, signUp, address, page, context, watch, server, certificate }) => {
  const listed = (await ask(`${server.local}/.well-known/webauthn`, { ca: certificate.cert })) as Answered;
  expect(listed.json()).toEqual({ origins: [RELATED] });
  await signUp.complete(address, 'Ada');
  watch.alsoAt(RELATED);
  watch.alsoAt(STRANGER);

  expect(await signInAt(page, RELATED)).toEqual({ rpId: 'login.test', status: 200, name: 'Ada' });
  // The session is the related host's, and nobody else's.
  const sids = (await context.cookies(RELATED)).filter(({ name }) => name === '__Host-sid');
  expect(sids.map(({ domain }) => domain)).toEqual(['related.test']);
  // From its page to our own host nothing is posted.
  watch.expect(/CORS policy|status of 403/);
  watch.allow(/net::ERR_FAILED/);
  const across = page.evaluate((ours) => fetch(`${ours}/auth/logout`, { method: 'POST', credentials: 'include' }), OURS);
  await expect(across).rejects.toThrow('Failed to fetch');

  expect(await signInAt(page, STRANGER)).toEqual({ rpId: 'login.test', error: 'SecurityError' });
  await page.goto(`${OURS}/account`);
  await expect(page.getByRole('region', { name: 'Ada', exact: true })).toBeVisible();
});
