// Where a person is paid to: checked, changed with one touch, and shown masked.
// Runs on the desktop and on the phone.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { calls, expect, test } from '../support/test';

/** A change is refused until the passkey is touched; Chromium writes that into the console. */
const ASKS = /status of 403 .*\/billing\/payout\)/;
const REFUSES = /status of 400 .*\/billing\/payout\)/;

const HOLDER = 'Ada Lovelace';
const IBAN = 'NO93 8601 1117 947';
const MASKED = 'NO•• •••• •••7 947';

const prompts = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.length);

test('who has saved none is told what that means', async ({ device: _, signUp, account, billing, address }) => {
  await signUp.complete(address);
  await account.link('Your payout details').click();
  await expect(billing.empty).toBeVisible();
  await expect(billing.link('Payout')).toHaveAttribute('aria-current', 'page');
  await expect(billing.page.getByText('The account your money is paid to.')).toBeVisible();
  await expect(billing.holder).toHaveAttribute('autocomplete', 'off');
  await expect(billing.iban).toHaveAttribute('autocomplete', 'off');
});

test('an account is saved with one touch, and only its end is shown', async ({ device: _, signUp, billing, address, page, watch }) => {
  await signUp.complete(address);
  await billing.open();
  watch.expect(ASKS);
  await billing.fill(HOLDER, IBAN);
  await billing.save.click();
  await billing.touch.press();
  await expect(billing.status).toContainText('Saved. Your money is paid to this account from now on.');
  expect(await prompts(page)).toBe(1);
  await expect(billing.saved).toContainText(HOLDER);
  await expect(billing.saved).toContainText(MASKED);
  await expect(billing.saved).toContainText('just now');
  await expect(billing.holder).toHaveValue('');
  await expect(billing.iban).toHaveValue('');

  await page.reload();
  await expect(billing.saved).toContainText(MASKED);
  expect(await page.content()).not.toContain('8601');

  await billing.fill('Ada King', 'GB29 NWBK 6016 1331 9268 19');
  await billing.save.click();
  await billing.touch.press();
  await expect(billing.saved).toContainText('Ada King');
  await expect(billing.saved).toContainText('GB•• •••• •••• •••• ••68 19');
  expect(await prompts(page), 'each change asks for a touch of its own').toBe(1);
});

test('a mistyped number is pointed out where it stands, and nothing typed is lost', async ({ device: _, signUp, billing, address, page, watch }) => {
  await signUp.complete(address);
  await billing.open();
  watch.expect(REFUSES);
  for (const [iban, why] of [
    ['NO93 8601 1117 94', 'This IBAN is too short for its country.'],
    ['NO93 8601 1117 948', 'There is a typing mistake in this IBAN'],
    ['my account', 'That does not look like an IBAN.'],
  ] as const) {
    await billing.fill(HOLDER, iban);
    await billing.save.click();
    await expect(billing.iban).toHaveAccessibleDescription(new RegExp(`^${why}`));
    await expect(billing.iban).toHaveAttribute('aria-invalid', 'true');
    await expect(billing.iban).toBeFocused();
    await expect(billing.iban).toHaveValue(iban);
    await expect(billing.holder).toHaveValue(HOLDER);
    await expect(billing.status).toBeEmpty();
  }
  expect(await prompts(page), 'no touch is asked for what cannot be saved').toBe(0);

  watch.expect(ASKS);
  await billing.iban.fill(IBAN);
  await billing.iban.press('Enter');
  await billing.touch.press();
  await expect(billing.saved).toContainText(MASKED);
});

test('an empty field says so itself, in its own words again after the server has used its place', async ({ device: _, signUp, billing, address, page, watch }) => {
  await signUp.complete(address);
  await billing.open();
  const asked = calls(page, '/billing/payout');
  await billing.save.click();
  await expect(billing.holder).toBeFocused();
  await expect(billing.holder).toHaveAccessibleDescription(/^Write the name of the account holder here\./);
  await expect(billing.iban).toHaveAccessibleDescription(/^Write your IBAN here\./);
  expect(asked.count).toBe(0);

  watch.expect(REFUSES);
  await billing.fill(HOLDER, 'my account');
  await billing.save.click();
  await expect(billing.iban).toHaveAccessibleDescription(/^That does not look like an IBAN\./);
  await billing.iban.fill('');
  await billing.save.click();
  await expect(billing.iban).toHaveAccessibleDescription(/^Write your IBAN here\./);
});

test('a press that is cancelled while the device asks changes nothing and keeps what was typed', async ({ device, signUp, billing, address, watch }) => {
  await signUp.complete(address);
  await billing.open();
  await device.touches(false);
  watch.expect(ASKS);
  await billing.fill(HOLDER, IBAN);
  await billing.save.click();
  await expect(billing.touch.box).toContainText('Change where your money is paid to.');
  await billing.touch.press();
  await billing.cancel.click();
  await billing.touch.gone();
  await expect(billing.status).toContainText('Stopped. Nothing was changed.');
  await expect(billing.holder).toHaveValue(HOLDER);
  await expect(billing.iban).toHaveValue(IBAN);
  await expect(billing.empty).toBeVisible();

  await device.touches(true);
  await billing.save.click();
  await billing.touch.press();
  await expect(billing.saved).toContainText(MASKED);
});

test('what a name looks like is shown as it was typed, from either side', async ({ device: _, signUp, billing, address, page, watch }) => {
  await signUp.complete(address);
  await billing.open();
  watch.expect(ASKS);
  for (const name of [`"><img src=x onerror=alert(1)> ' & {}`, 'שרה כהן', '👩‍💻 & Söhne', 'W'.repeat(70)]) {
    await billing.fill(name, IBAN);
    await billing.save.click();
    await billing.touch.press();
    await expect(billing.saved.locator('bdi')).toHaveText(name);
    await expect(page.locator('main img')).toHaveCount(0);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const { wide, has } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    has: document.documentElement.clientWidth,
  }));
  expect(wide, 'the longest name fits the narrowest screen').toBeLessThanOrEqual(has);
});

test('axe finds no fault in what is saved nor in what is wrong', async ({ device: _, signUp, billing, address, page, watch }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signUp.complete(address);
  await billing.open();
  watch.expect(ASKS);
  watch.expect(REFUSES);
  await billing.fill(HOLDER, IBAN);
  await billing.save.click();
  await billing.touch.press();
  await expect(billing.saved).toContainText(MASKED);
  await billing.fill(HOLDER, 'my account');
  await billing.save.click();
  await expect(billing.iban).toBeFocused();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) })), colorScheme).toEqual([]);
  }
});

test('without JavaScript the page says what it needs, and why', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const { page } = await thief({ javaScriptEnabled: false });
  await page.goto('/account/billing');
  await expect(page.getByRole('heading', { level: 1, name: 'Payout details' })).toBeVisible();
  await expect(page.locator('noscript p').first()).toHaveText('This page needs JavaScript to show your payout details.');
  await expect(page.getByRole('textbox')).toHaveCount(0);
});
