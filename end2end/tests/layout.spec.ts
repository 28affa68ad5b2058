// Pages fit: on the narrowest screen WCAG asks for, and with the longest names people have.
// Runs on the desktop and on the phone.

import type { Page } from '@playwright/test';

import { SessionsPage } from '../support/pages';
import { STATES } from '../support/states';
import { FIREFOX, expect, looksLike, signInTimes, test } from '../support/test';

/** Nothing sticks out to the side, and so nothing needs scrolling there. */
async function fits(page: Page) {
  const { wide, has, sticking } = await page.evaluate(() => {
    const has = document.documentElement.clientWidth;
    const sticking = [...document.querySelectorAll('main *, header *, dialog *')]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > has + 0.5)
      .map((element) => element.outerHTML.slice(0, 120));
    return { wide: document.documentElement.scrollWidth, has, sticking };
  });
  expect(sticking).toEqual([]);
  expect(wide).toBeLessThanOrEqual(has);
}

for (const [state, arrive] of Object.entries(STATES)) {
  test(`${state} fits the screen, and one of 320 pixels`, async ({ page, context, device, watch, address, elsewhere }) => {
    await arrive({ page, context, device, watch, address, elsewhere });
    await fits(page);
    await page.setViewportSize({ width: 320, height: 640 });
    await fits(page);
  });
}

test('the longest name and the longest address fit the screen', async ({ page, device: _, signUp, account, address }) => {
  const name = 'W'.repeat(64);
  const local = `${address.split('@')[0]}-`.padEnd(64, 'w');
  const long = `${local}@${`${'w'.repeat(60)}.`.repeat(3)}test`;
  expect(long.length).toBeLessThanOrEqual(254);
  await signUp.complete(long, name);

  await account.belongsTo(name);
  await expect(page.getByText(long)).toBeVisible();
  await expect(account.signOut).toBeInViewport();
  await fits(page);
  await page.setViewportSize({ width: 320, height: 640 });
  await fits(page);
});

test('API keys with the longest names fit the screen', async ({ page, device: _, signUp, apiKeys, address, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(/status of 403 .*\/api-keys/);
  for (const name of ['W'.repeat(64), `${'many words '.repeat(5)}and more`.slice(0, 64)]) {
    await apiKeys.name.fill(name);
    await apiKeys.create.click();
    await apiKeys.touch.press();
    await expect(apiKeys.keys.filter({ hasText: name })).toBeVisible();
  }
  await expect(apiKeys.secret).toBeVisible();
  await fits(page);
  await page.setViewportSize({ width: 320, height: 640 });
  await fits(page);
});

test('as many sessions as there can be fit the screen', async ({ device: _, signUp, address, elsewhere, watch }) => {
  await signUp.complete(address);
  const other = await elsewhere();
  // A page that is being left may ask for a session that the next sign-in has ended.
  watch.allow(/status of 401 .*\/auth\/session\?watch=1/);
  await signInTimes(other, 18);
  await looksLike(other.page, FIREFOX);
  await signInTimes(other, 1);
  const { page } = other;
  const sessions = new SessionsPage(page);
  await sessions.open();
  await expect(sessions.elsewhere).toHaveCount(19);
  await fits(page);
  await page.setViewportSize({ width: 320, height: 640 });
  await fits(page);
  await sessions.endOthers.scrollIntoViewIfNeeded();
  await expect(sessions.endOthers).toBeInViewport();
});

test('text of twice the size still fits', async ({ page, signUp, device: _, account, address }) => {
  await signUp.complete(address, 'Ada Lovelace');
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  await fits(page);
  await expect(account.signOut).toBeVisible();
});

test('on the pages of the account, too, text of twice the size fits', async ({ page, signUp, device: _, sessions, apiKeys, address, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere();
  for (const open of [() => sessions.open(), () => apiKeys.open()]) {
    await open();
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    await fits(page);
  }
});

test('what a finger presses is at least 44 pixels high', async ({ page, signUp, signIn, device, account, sessions, apiKeys, address, watch, elsewhere }) => {
  const heights = async () => {
    for (const control of await page.locator('button:visible, input:visible, .masthead a').all()) {
      const box = await control.boundingBox();
      expect(box!.height, await control.evaluate((element) => element.outerHTML)).toBeGreaterThanOrEqual(44);
    }
  };
  await signUp.open();
  await heights();
  await signUp.complete(address);
  await heights();
  await elsewhere();
  await sessions.open();
  await heights();
  watch.expect(/status of 403 .*\/api-keys/);
  await apiKeys.open();
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await expect(apiKeys.touch.button).toBeVisible();
  await heights();
  await apiKeys.touch.press();
  await expect(apiKeys.secret).toBeVisible();
  await heights();
  await device.touches(false);
  await account.link('Account').click();
  await account.shown();
  await account.leave();
  await signIn.button.click();
  await expect(signIn.cancel).toBeVisible();
  await heights();
});
