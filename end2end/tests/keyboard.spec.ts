// Everything without a mouse.

import type { Locator } from '@playwright/test';

import { expect, test } from '../support/test';

/** The focus is here, and a person can see it. */
async function seenFocused(element: Locator) {
  await expect(element).toBeFocused();
  await expect(element).toBeInViewport();
  const outline = await element.evaluate((focused) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    return { outlineStyle, width: parseFloat(outlineWidth) };
  });
  expect(outline.outlineStyle).not.toBe('none');
  expect(outline.width).toBeGreaterThanOrEqual(2);
}

test('on the sign-in page Tab reaches everything in reading order, with a focus that can be seen', async ({ device, signIn, page }) => {
  await device.touches(false);
  await signIn.open();
  for (const stop of [
    signIn.link('Skip to content'),
    signIn.link('Holdfast'),
    signIn.button,
    signIn.email,
    signIn.link('Create an account'),
  ]) {
    await page.keyboard.press('Tab');
    await seenFocused(stop);
  }
  await page.keyboard.press('Shift+Tab');
  await seenFocused(signIn.email);
});

test('on the sign-up page Tab reaches everything in reading order, with a focus that can be seen', async ({ signUp, page }) => {
  await signUp.open();
  for (const stop of [
    signUp.link('Skip to content'),
    signUp.link('Holdfast'),
    signUp.email,
    signUp.name,
    signUp.button,
    signUp.link('Sign in'),
  ]) {
    await page.keyboard.press('Tab');
    await seenFocused(stop);
  }
});

test('the skip link is out of sight until it is focused, and leads past the header', async ({ device, signIn, page }) => {
  await device.touches(false);
  await signIn.open();
  await expect(signIn.link('Skip to content')).not.toBeInViewport();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await seenFocused(signIn.button);
});

test('a person signs up, signs out and signs in without a mouse', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.open();
  for (const _ of ['skip', 'brand', 'email']) await page.keyboard.press('Tab');
  await page.keyboard.type(address);
  await page.keyboard.press('Tab');
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await account.belongsTo('Ada');

  await device.touches(false);
  for (const stop of [
    account.link('Skip to content'),
    account.link('Holdfast'),
    account.link('Account'),
    account.link('Sessions'),
    account.link('Activity'),
    account.link('API keys'),
    account.link('Payout'),
    account.signOut,
  ]) {
    await page.keyboard.press('Tab');
    await seenFocused(stop);
  }
  await page.keyboard.press('Enter');
  await page.waitForURL('/?signed-out');

  await signIn.offered();
  for (const _ of ['skip', 'brand', 'button']) await page.keyboard.press('Tab');
  await seenFocused(signIn.button);
  await device.touches(true);
  await page.keyboard.press('Space');
  await account.belongsTo('Ada');
});

test('while the device is asking, Cancel is the next stop; afterwards the focus is back on the button', async ({ device, signUp, page, address }) => {
  await device.touches(false);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.focus();
  await page.keyboard.press('Enter');
  await expect(signUp.cancel).toBeVisible();
  await seenFocused(signUp.button);
  await page.keyboard.press('Tab');
  await seenFocused(signUp.cancel);
  await page.keyboard.press('Enter');

  await expect(signUp.status).toContainText('Stopped. No account was created.');
  await seenFocused(signUp.button);
});

test('after Cancel on the sign-in page the focus is back on the button', async ({ device, signIn, page }) => {
  await device.touches(false);
  await signIn.open();
  await signIn.offered();
  await signIn.button.press('Enter');
  await expect(signIn.cancel).toBeVisible();
  await page.keyboard.press('Tab');
  await seenFocused(signIn.cancel);
  await page.keyboard.press('Enter');
  await expect(signIn.status).toContainText('Stopped. You are not signed in.');
  await seenFocused(signIn.button);
});
