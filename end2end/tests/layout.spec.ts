// Pages fit: on the narrowest screen WCAG asks for, and with the longest names people have.
// Runs on the desktop and on the phone.

import type { Page } from '@playwright/test';

import { STATES } from '../support/states';
import { expect, test } from '../support/test';

/** Nothing sticks out to the side, and so nothing needs scrolling there. */
async function fits(page: Page) {
  const { wide, has, sticking } = await page.evaluate(() => {
    const has = document.documentElement.clientWidth;
    const sticking = [...document.querySelectorAll('main *, header *')]
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

test('text of twice the size still fits', async ({ page, signUp, device: _, account, address }) => {
  await signUp.complete(address, 'Ada Lovelace');
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  await fits(page);
  await expect(account.signOut).toBeVisible();
});

test('what a finger presses is at least 44 pixels high', async ({ page, signUp, signIn, device, account, address }) => {
  const heights = async () => {
    for (const control of await page.locator('button, input, .masthead a').all()) {
      const box = await control.boundingBox();
      expect(box!.height, await control.evaluate((element) => element.outerHTML)).toBeGreaterThanOrEqual(44);
    }
  };
  await signUp.open();
  await heights();
  await signUp.complete(address);
  await heights();
  await device.touches(false);
  await account.leave();
  await signIn.button.click();
  await expect(signIn.cancel).toBeVisible();
  await heights();
});
