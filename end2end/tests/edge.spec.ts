// What goes over the wire, as the browser sees it.

import type { Response } from '@playwright/test';

import { expect, test } from '../support/test';

test('a page that is not there says so, with the request id of its answer', async ({ page, watch }) => {
  watch.expect(/status of 404/);
  const answer = await page.goto('/no/such/page');

  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1, name: 'There is no page here' })).toBeVisible();
  await expect(page).toHaveTitle('There is no page here · Holdfast');
  const id = await answer!.headerValue('x-request-id');
  expect(id).toMatch(/^\S{16,}$/);
  await expect(page.getByText(`Request id ${id}`)).toBeVisible();
  await page.getByRole('link', { name: 'Go to the first page' }).click();
  await page.waitForURL('/');
});

test('an address with markup in it is not repeated on the page', async ({ page, watch }) => {
  watch.expect(/status of 404/);
  await page.goto('/%3Cscript%3Ealert(1)%3C/script%3E?q="><img src=x onerror=alert(1)>');
  await expect(page.getByRole('heading', { level: 1, name: 'There is no page here' })).toBeVisible();
  expect(await page.content()).not.toContain('alert(1)');
});

test('every answer of a whole visit carries the security headers and a request id of its own', async ({ device, signUp, signIn, account, address, page, watch }) => {
  const answers: Response[] = [];
  page.on('response', (response) => answers.push(response));
  watch.expect(/status of 404/);

  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await signIn.byButton(device);
  await account.shown();
  await page.goto('/');
  await account.shown();
  await page.goto('/nowhere');
  await expect(page.getByText('Request id')).toBeVisible();

  const paths = new Set(answers.map((answer) => new URL(answer.url()).pathname));
  for (const path of [
    '/',
    '/signup',
    '/account',
    '/nowhere',
    '/pkg/holdfast.js',
    '/pkg/holdfast.wasm',
    '/pkg/holdfast.css',
    '/auth/passkey/register/options',
    '/auth/passkey/register/verify',
    '/auth/passkey/login/options',
    '/auth/passkey/login/verify',
    '/auth/session',
    '/auth/logout',
  ]) {
    expect(paths).toContain(path);
  }

  const ids: string[] = [];
  const nonces: string[] = [];
  for (const answer of answers) {
    const what = `${answer.status()} ${answer.request().method()} ${answer.url()}`;
    const headers = await answer.allHeaders();
    // A copy from the browser's own cache repeats the headers it came with.
    const isAsset = new URL(answer.url()).pathname.startsWith('/pkg/') || /\.(svg|png|webmanifest|txt)$/.test(new URL(answer.url()).pathname);

    expect.soft(headers, what).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect.soft(headers['permissions-policy'], what).toContain('publickey-credentials-get=(self), publickey-credentials-create=(self)');
    const policy = headers['content-security-policy'] ?? '';
    for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'self'", "object-src 'none'", "form-action 'self'"]) {
      expect.soft(policy, what).toContain(directive);
    }
    expect.soft(policy, what).not.toMatch(/unsafe-inline|'unsafe-eval'|sandbox|https?:|\*/);
    if (!isAsset) {
      expect.soft(headers['cache-control'], what).toBe('no-store');
      ids.push(headers['x-request-id']);
      nonces.push(/'nonce-([^']+)'/.exec(policy)?.[1] ?? `none: ${what}`);
    }
    expect.soft(headers['x-request-id'], what).toMatch(/^\S{16,}$/);
  }
  expect(new Set(ids).size, 'request ids are never repeated').toBe(ids.length);
  expect(new Set(nonces).size, 'nonces are never repeated').toBe(nonces.length);
});

test('every script in a page carries the nonce of its answer', async ({ page }) => {
  for (const path of ['/', '/signup']) {
    const answer = await page.goto(path);
    const nonce = /'nonce-([^']+)'/.exec((await answer!.headerValue('content-security-policy'))!)![1];
    // The browser hides the attribute from scripts; the property has it.
    const nonces = await page.locator('script').evaluateAll((scripts) => scripts.map((script) => (script as HTMLScriptElement).nonce));
    expect(nonces.length).toBeGreaterThan(0);
    expect(new Set(nonces)).toEqual(new Set([nonce]));
  }
});

test('a script that somebody smuggles into a page does not run', async ({ page, signIn, watch }) => {
  watch.expectViolation();
  await page.route('/', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace('<main', '<img src="/favicon.svg" alt="" onload="window.smuggled = true"><main');
    await route.fulfill({ response, body });
  });
  const refused = page.waitForEvent('console', (message) => /securitypolicyviolation/.test(message.text()));
  await signIn.open();
  await refused;
  expect(await page.evaluate(() => 'smuggled' in window)).toBe(false);
});

test('other names of this machine lead to the one where passkeys work', async ({ page, signIn, baseURL, watch }) => {
  test.skip(new URL(baseURL!).hostname !== 'localhost', 'this server has another name');
  watch.alsoAt(baseURL!.replace('localhost', '127.0.0.1'));
  await page.goto(`${baseURL!.replace('localhost', '127.0.0.1')}/signup`);
  await page.waitForURL(`${baseURL}/signup`);
  await page.goto('/');
  await expect(signIn.button).toBeVisible();
});
