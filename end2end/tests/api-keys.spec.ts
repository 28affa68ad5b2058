// Keys for programs: made and revoked with one touch each, and shown once.

import type { Page } from '@playwright/test';

import { calls, expect, refuse, test } from '../support/test';

/** A change that matters is refused until the passkey is touched; Chromium writes that into the console. */
const CREATE_ASKS = /status of 403 .*\/api-keys\)/;
const REVOKE_ASKS = /status of 403 .*\/api-keys\/revoke/;

const prompts = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.length);

test('who has no keys is told what that means', async ({ device: _, signUp, account, apiKeys, address, page }) => {
  await signUp.complete(address);
  await account.link('API keys').click();
  await expect(apiKeys.empty).toBeVisible();
  await expect(apiKeys.link('API keys')).toHaveAttribute('aria-current', 'page');
  await expect(apiKeys.keys).toHaveCount(0);
  await expect(apiKeys.secret).toHaveCount(0);
  await expect(page.getByText('Copy your new key now.')).toBeHidden();
});

test('a key is made with one touch, shown once, and gone for good after a reload', async ({ device: _, signUp, apiKeys, address, context, page, watch }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signUp.complete(address);
  await apiKeys.open();

  watch.expect(CREATE_ASKS);
  await apiKeys.name.fill('  Backup at night ');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.status).toContainText('Your new key is ready.');
  expect(await prompts(page)).toBe(1);
  await expect(page.getByText('This is the only time you will see it.')).toBeVisible();
  const secret = (await apiKeys.secret.textContent())!;

  await expect(apiKeys.keys).toHaveCount(1);
  await expect(apiKeys.keys.getByRole('heading')).toHaveText('Backup at night');
  const hint = await apiKeys.keys.locator('code').textContent();
  expect(secret.startsWith(hint!)).toBe(true);
  expect(hint!.length).toBeLessThan(secret.length / 2);
  await expect(apiKeys.keys).toContainText('Not used yet');
  await expect(apiKeys.name).toHaveValue('');

  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);

  await page.reload();
  await expect(apiKeys.keys).toHaveCount(1);
  await expect(apiKeys.secret).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);
});

test('a key is revoked with one touch, and the other one stays', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(CREATE_ASKS);
  for (const name of ['Deploys', 'Deploys to test']) {
    await apiKeys.name.fill(name);
    await apiKeys.create.click();
    await apiKeys.touch.press();
    await expect(apiKeys.keys.filter({ hasText: name })).toBeVisible();
  }
  await expect(apiKeys.keys.getByRole('heading')).toHaveText(['Deploys to test', 'Deploys']);
  expect(await prompts(page), 'each change asks for a touch of its own').toBe(2);

  watch.expect(REVOKE_ASKS);
  await apiKeys.revoke('Deploys').click();
  await apiKeys.touch.press();
  await expect(apiKeys.status).toContainText('That key no longer works.');
  await expect(apiKeys.keys.getByRole('heading')).toHaveText(['Deploys to test']);
  await expect(apiKeys.secret).toHaveCount(0);
  expect(await prompts(page)).toBe(3);
});

test('a key that is revoked in another window is gone: said, and the list is right again', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(CREATE_ASKS);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);

  watch.expect(/status of 404 .*\/api-keys\/revoke/);
  await page.route('**/api-keys/revoke', refuse(404, 'api_key_not_found').answer);
  const loaded = page.waitForResponse('**/account/api-keys/panel');
  await apiKeys.revoke('Deploys').click();
  await expect(apiKeys.alert).toContainText('That did not work.');
  await loaded;
});

test('without a name no key is made: the field says so', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  const asked = calls(page, '/api-keys');
  await expect(apiKeys.name).toHaveAccessibleDescription('Such as the program that will use it.');

  for (const nothing of ['', '   ']) {
    await apiKeys.name.fill(nothing);
    await apiKeys.name.press('Enter');
    await expect(apiKeys.name).toHaveAttribute('aria-invalid', 'true');
    await expect(apiKeys.name).toBeFocused();
    await expect(apiKeys.name).toHaveAccessibleDescription(/^Write a name here, so that you know the key again\./);
    await expect(page.getByText('Write a name here')).toBeVisible();
  }
  expect(asked.count).toBe(0);

  watch.expect(CREATE_ASKS);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Deploys');
  await page.keyboard.press('Enter');
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
  await expect(apiKeys.name).not.toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('Write a name here')).toBeHidden();
});

test('creating and revoking without a mouse: the focus goes where it is needed', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  for (const stop of [
    apiKeys.link('Skip to content'),
    apiKeys.link('Holdfast'),
    apiKeys.link('Account'),
    apiKeys.link('Sessions'),
    apiKeys.link('Activity'),
    apiKeys.link('API keys'),
    apiKeys.link('Payout'),
    apiKeys.name,
  ]) {
    await page.keyboard.press('Tab');
    await expect(stop).toBeFocused();
  }
  watch.expect(CREATE_ASKS);
  await page.keyboard.type('Deploys');
  await page.keyboard.press('Tab');
  await expect(apiKeys.create).toBeFocused();
  await page.keyboard.press('Space');
  await expect(apiKeys.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(apiKeys.secret).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy' })).toBeFocused();

  for (const stop of [apiKeys.name, apiKeys.create, apiKeys.revoke('Deploys')]) {
    await page.keyboard.press('Tab');
    await expect(stop).toBeFocused();
  }
  watch.expect(REVOKE_ASKS);
  await page.keyboard.press('Enter');
  await expect(apiKeys.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(apiKeys.empty).toBeVisible();
  // Its button has gone.
  await expect(page.getByRole('heading', { name: 'Your keys' })).toBeFocused();
});

test('a press that is cancelled while the device asks makes no key and keeps the name', async ({ device, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  await device.touches(false);
  watch.expect(CREATE_ASKS);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await apiKeys.cancel.click();
  await expect(apiKeys.status).toContainText('Stopped. Nothing was changed.');
  await expect(apiKeys.name).toHaveValue('Deploys');
  await expect(apiKeys.empty).toBeVisible();

  await device.touches(true);
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
  await page.reload();
  await expect(apiKeys.keys).toHaveCount(1);
});

test('a dismissed prompt makes no key, and the next press works', async ({ device, signUp, apiKeys, address, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  await device.recognises(false);
  watch.expect(CREATE_ASKS);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.touch.status).toContainText('Nothing was changed yet.');
  await expect(apiKeys.empty).toBeVisible();

  await device.recognises(true);
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
});

test('what a name looks like is shown as it was typed', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  const name = `"><img src=x onerror=alert(1)> ' & {}`;
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(CREATE_ASKS);
  await apiKeys.name.fill(name);
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.keys.getByRole('heading')).toHaveText(name);
  await expect(page.locator('main img')).toHaveCount(0);
  watch.expect(REVOKE_ASKS);
  await apiKeys.revoke(name).click();
  await apiKeys.touch.press();
  await expect(apiKeys.empty).toBeVisible();
});

test('after a fault of the server the touch is not wasted on silence', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(CREATE_ASKS);
  watch.expect(/status of 500 .*\/auth\/step-up\/verify/);
  const { requestId, answer } = refuse(500, 'internal');
  await page.route('**/auth/step-up/verify', answer);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.touch.alert).toContainText('Something went wrong on our side.');
  await expect(apiKeys.touch.alert).toContainText(requestId);
  await expect(apiKeys.touch.button).not.toHaveAttribute('aria-disabled');
  await apiKeys.cancel.click();
  await expect(apiKeys.create).not.toHaveAttribute('aria-disabled');
});

test('without JavaScript the page says what it needs, and why', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const { page } = await thief({ javaScriptEnabled: false });
  await page.goto('/account/api-keys');
  await expect(page.getByRole('heading', { level: 1, name: 'API keys' })).toBeVisible();
  const [title, detail] = await page.locator('noscript p').all();
  await expect(title).toHaveText('This page needs JavaScript to show your API keys.');
  await expect(detail).toContainText('Turn JavaScript on for this site, then reload.');
  await expect(page.getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('textbox')).toHaveCount(0);
});
