// The key that holds a session to its browser: what it keeps out, and what happens without it.

import type { BrowserContext, Page } from '@playwright/test';

import { evictKeys, keysOf } from '../support/keys';
import { expect, test } from '../support/test';

const KEY_GONE = 'This browser no longer has the key that locked you in here.';

async function sessionOf(page: Page) {
  const answer = await page.request.get('/auth/session');
  return (await answer.json()).session as { binding: string; deviceKey?: string };
}

const sid = async (context: BrowserContext) => (await context.cookies()).filter(({ name }) => name === '__Host-sid');

/**
 * The server renews the session's token, and the answer is lost. The next press of a button that asks for a touch does it.
 */
async function loseTheNextToken(page: Page) {
  const context = page.context();
  const before = await sid(context);
  await page.route('**/auth/step-up/verify', async (route) => {
    await route.fetch();
    await context.addCookies(before);
    await route.abort();
  });
}

test('the session is locked to a key that no script can take away', async ({ device: _, signUp, address, page }) => {
  await signUp.complete(address);
  const [key, ...more] = await keysOf(page);
  expect(more).toEqual([]);
  expect(key).toMatchObject({ slot: 'current', extractable: false, exported: false });
  expect(await sessionOf(page)).toMatchObject({ binding: 'device_key', deviceKey: key.thumbprint });
});

test('signing out forgets the key, and signing in makes a new one', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address);
  const [before] = await keysOf(page);
  await device.touches(false);
  await account.leave();
  expect(await keysOf(page)).toEqual([]);

  await signIn.byButton(device);
  await account.shown();
  const [after, ...more] = await keysOf(page);
  expect(more).toEqual([]);
  expect(after.thumbprint).not.toBe(before.thumbprint);
  expect(await sessionOf(page)).toMatchObject({ deviceKey: after.thumbprint });
});

test('a copied cookie opens the account page, and nothing that matters', async ({ device: _, signUp, account, sessions, address, page, thief }) => {
  await signUp.complete(address, 'Ada');
  const other = await thief();
  await other.page.goto('/account');
  await other.account.belongsTo('Ada');

  for (const [path, list] of [
    ['/account/sessions', '/auth/sessions'],
    ['/account/api-keys', '/api-keys'],
  ]) {
    other.watch.expect(new RegExp(`status of 401 .*${path}/panel`));
    await other.page.goto(path);
    await expect(other.account.alert).toContainText(KEY_GONE);
    await expect(other.page.getByRole('listitem')).toHaveCount(0);
    await expect(other.page.getByRole('textbox')).toHaveCount(0);

    for (const asked of [list, `${path}/panel`]) {
      const answer = await other.page.request.get(asked);
      expect(answer.status(), asked).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 'dpop_proof_required' });
      expect(answer.headers()['www-authenticate']).toMatch(/^DPoP .*algs="ES256"/);
    }
  }
  for (const [path, data] of [
    ['/auth/session/rotate', {}],
    ['/auth/step-up/options', { action: 'session_continue', params: {} }],
    ['/auth/sessions/revoke', { others: true }],
    ['/api-keys', { name: 'Mine now' }],
  ] as const) {
    const answer = await other.page.request.post(path, { data, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(answer.status(), path).toBe(401);
    expect(await answer.json(), path).toMatchObject({ code: 'dpop_proof_required' });
  }

  // Whose it is has noticed nothing.
  await sessions.open();
  await page.goto('/account');
  await account.belongsTo('Ada');
});

test('a key of somebody else’s proves nothing', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const other = await thief();
  // Signing up there would replace the cookie: the key is made by hand, where the page keeps its own.
  await other.page.goto('/account');
  await other.page.evaluate(async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('holdfast', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('keys');
      request.onsuccess = () => {
        const transaction = request.result.transaction('keys', 'readwrite');
        transaction.objectStore('keys').put(pair, 'current');
        transaction.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
  });
  other.watch.expect(/status of 401 .*\/account\/sessions\/panel/);
  await other.page.goto('/account/sessions');
  await expect(other.account.alert).toContainText(KEY_GONE);
  await expect(other.page.getByRole('listitem')).toHaveCount(0);
});

for (const path of ['/account/sessions', '/account/api-keys']) {
  test(`when the browser has lost its key, ${path} says so and leads back in`, async ({ device, signUp, signIn, account, sessions, address, page, watch }) => {
    await signUp.complete(address, 'Ada');
    await evictKeys(page);
    await page.reload();
    await account.belongsTo('Ada');

    watch.expect(new RegExp(`status of 401 .*${path}/panel`));
    await page.goto(path);
    await expect(account.alert).toContainText(KEY_GONE);
    await expect(account.alert).toContainText('Nothing was lost and nothing was changed. Sign in once more.');
    await device.touches(false);
    await account.alert.getByRole('button', { name: 'Sign in again' }).click();
    await page.waitForURL('/?key-lost');
    await expect(page.getByText('This browser no longer had the key that locked you in here.')).toBeVisible();

    await signIn.byButton(device);
    await account.belongsTo('Ada');
    await sessions.open();
    await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  });
}

test('an answer that was lost with the new token in it costs nothing: the browser proves its key and goes on', async ({ device: _, signUp, sessions, address, page, watch }) => {
  await signUp.complete(address);
  await page.goto('/account/api-keys');
  await loseTheNextToken(page);
  watch.expect(/status of 403 .*\/api-keys/);
  watch.expect(/net::ERR_FAILED .*\/auth\/step-up\/verify/);
  await page.getByRole('textbox', { name: 'Name' }).fill('Deploys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await sessions.touch.press();
  await expect(sessions.touch.alert).toContainText('Nothing was changed and nothing was lost.');

  // For a blink there is a page that proves the key.
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/auth/session/rotate', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/account/sessions');
  await expect(sessions.heading('Is this still your browser?')).toBeVisible();
  await expect(page.getByText('Checking that this is still your browser.')).toBeVisible();
  release();
  await sessions.shown();
  expect(new URL(page.url()).pathname).toBe('/account/sessions');
});

test('who has lost the answer and the key is told so, and signs in again', async ({ device, signUp, signIn, account, sessions, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  await page.goto('/account/api-keys');
  await loseTheNextToken(page);
  watch.expect(/status of 403 .*\/api-keys/);
  watch.expect(/net::ERR_FAILED .*\/auth\/step-up\/verify/);
  await page.getByRole('textbox', { name: 'Name' }).fill('Deploys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await sessions.touch.press();
  await expect(sessions.touch.alert).toContainText('Nothing was changed and nothing was lost.');
  await evictKeys(page);

  watch.expect(/status of 401 .*\/auth\/session\/rotate/);
  await page.goto('/account/sessions');
  await expect(account.alert).toContainText(KEY_GONE);
  await device.touches(false);
  await account.alert.getByRole('button', { name: 'Sign in again' }).click();
  await page.waitForURL('/?key-lost');
  await signIn.byButton(device);
  await account.belongsTo('Ada');
});

test('a browser that cannot keep a key signs in without one', async ({ device: _, signUp, sessions, address, page }) => {
  await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { get: () => undefined }));
  await signUp.complete(address);
  expect(await sessionOf(page)).toMatchObject({ binding: 'cookie' });
  await sessions.open();
  await expect(sessions.here).toContainText('Not locked to a device');
});
