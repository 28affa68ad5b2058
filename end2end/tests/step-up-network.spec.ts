// Another network and another browser, as a proxy in front of the server says it: the dialog says what has changed, and an
// open page asks by itself.

import type { Page } from '@playwright/test';

import { expect, test } from '../support/fronted';
import { FIREFOX, calls, looksLike } from '../support/test';

const CREATE_ASKS = /status of 403 .*\/api-keys\)/;
/** How an open page learns that it has to ask. */
const HELD = /status of 403 .*\/auth\/session\?watch=1/;

const HOME = '198.51.100.7';
const CAFE = '203.0.113.9';

const prompts = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.length);

// What binds the session is not what this is about.
test.use({ dbsc: 'unknown' });
test.beforeEach(async ({ front, device: _, signUp, apiKeys, address }) => {
  front.comesFrom(HOME);
  await signUp.complete(address);
  await apiKeys.open();
});

test('the dialog says so, and the key is made after one touch', async ({ front, apiKeys, page, watch }) => {
  front.comesFrom(CAFE);
  watch.expect(CREATE_ASKS);
  await apiKeys.ask();
  await expect(apiKeys.touch.box).toContainText('Why we ask');
  await expect(apiKeys.touch.reasons).toHaveText(['You are on a new network.', 'This can let programs act for you.']);
  await expect(page.getByText('We ask before every change')).toBeHidden();
  await apiKeys.touch.press();
  await expect(apiKeys.status).toContainText('Your new key is ready.');
  await expect(apiKeys.keys).toHaveCount(1);
  expect(await prompts(page)).toBe(1);
});

test('and in another browser: all reasons are said, and one touch answers them for good', async ({ front, apiKeys, page, watch }) => {
  // Or the page might find out by itself before the press. From here on no time passes for it.
  await page.clock.install();
  await apiKeys.open();
  await page.clock.pauseAt(Date.now() + 1_000);
  front.comesFrom(CAFE);
  await looksLike(page, FIREFOX);
  watch.expect(CREATE_ASKS);
  await apiKeys.ask();
  await expect(apiKeys.touch.reasons).toHaveText([
    'This looks like another browser or device.',
    'You are on a new network.',
    'This can let programs act for you.',
  ]);
  await apiKeys.touch.press();
  await expect(apiKeys.status).toContainText('Your new key is ready.');
  await expect(apiKeys.secret).toBeVisible();
  await expect(apiKeys.keys).toHaveCount(1);

  // The page looks by itself again, and loads again, and nobody asks a second time.
  const looked = page.waitForResponse((response) => response.url().endsWith('/auth/session?watch=1'));
  await page.clock.runFor(6_000);
  expect((await looked).status()).toBe(200);
  await page.clock.resume();
  await apiKeys.touch.gone();
  await apiKeys.open();
  await expect(apiKeys.keys).toHaveCount(1);
  expect(await prompts(page), 'none since the page was loaded').toBe(0);
});

test('a page that is open asks by itself, and what was typed is still there', async ({ front, apiKeys, page, watch }) => {
  await apiKeys.name.fill('Half a na');
  watch.expect(HELD);
  front.comesFrom(CAFE);
  await looksLike(page, FIREFOX);
  await expect(apiKeys.touch.reasons).toHaveText(['This looks like another browser or device.', 'You are on a new network.']);
  await expect(apiKeys.touch.box).toContainText('Nothing is wrong with your account.');
  // Whoever is typing does not press anything by it.
  await page.keyboard.type('me ');
  await page.keyboard.press('Enter');
  expect(await prompts(page)).toBe(0);
  await apiKeys.touch.press();
  await apiKeys.touch.gone();
  await expect(apiKeys.name).toHaveValue('Half a na');
  await expect(apiKeys.name).toBeFocused();

  // The touch has vouched for both.
  watch.expect(CREATE_ASKS);
  await apiKeys.ask();
  await expect(apiKeys.touch.reasons).toHaveCount(0);
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
});

test('who cancels that stays where they were, and is asked again when they come back to the page', async ({ front, apiKeys, page, watch }) => {
  await apiKeys.name.fill('Half a name');
  watch.expect(HELD);
  front.comesFrom(CAFE);
  await looksLike(page, FIREFOX);
  await apiKeys.touch.cancel.click();
  await apiKeys.touch.gone();
  await expect(apiKeys.name).toHaveValue('Half a name');
  await expect(apiKeys.name).toBeFocused();
  expect(new URL(page.url()).pathname).toBe('/account/api-keys');

  // Longer than the page waits between two looks.
  const asked = calls(page, '/auth/session');
  await page.waitForTimeout(7_000);
  expect(asked.count, 'the server is left alone').toBe(0);
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(apiKeys.touch.button).toBeVisible();
});

test('a page that is opened then asks first, in the same words, and comes back after the touch', async ({ front, apiKeys, page, watch }) => {
  front.comesFrom(CAFE);
  await looksLike(page, FIREFOX);
  watch.expect(/status of 403 .*\/account\/api-keys/);
  watch.allow(HELD);
  await page.goto('/account/api-keys');
  await expect(page.getByRole('heading', { name: 'Why we ask' })).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveText([
    'This looks like another browser or device.',
    'You are on a new network.',
    'This can let programs act for you.',
  ]);
  await page.getByRole('button', { name: 'Use your passkey' }).click();
  await expect(apiKeys.empty).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/account/api-keys');
});
