// The request that lets the browser offer a passkey in the field: its challenge is good for five minutes.

import { calls, expect, test } from '../support/test';

const OPTIONS = '/auth/passkey/login/options';

test.beforeEach(async ({ device }) => {
  await device.touches(false);
});

test('the offer in the field is renewed every four minutes', async ({ signIn, page }) => {
  const options = calls(page, OPTIONS);
  await page.clock.install();
  await signIn.open();
  await signIn.offered();
  expect(options.count).toBe(1);

  await page.clock.fastForward('03:30');
  expect(options.count).toBe(1);
  await page.clock.fastForward('00:30');
  await signIn.offered(2);
  await page.clock.fastForward('04:00');
  await signIn.offered(3);
  expect(options.count).toBe(3);
});

test('a passkey picked after the offer was renewed signs in', async ({ device, signUp, signIn, account, address, page }) => {
  await page.clock.install();
  await device.touches(true);
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await signIn.offered();

  await device.touches(true);
  await page.clock.fastForward('04:00');
  await account.belongsTo('Ada');
});

// Whether a page is visible cannot be steered in a headless browser: the browser’s signal is made here by hand.
test('the offer in the field is renewed when the page becomes visible again, and not while it is hidden', async ({ signIn, page }) => {
  const options = calls(page, OPTIONS);
  const becomes = (state: DocumentVisibilityState) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await page.clock.install();
  await signIn.open();
  await signIn.offered();

  await becomes('hidden');
  await page.clock.fastForward('08:00');
  expect(options.count).toBe(1);
  await becomes('visible');
  await signIn.offered(2);
  expect(options.count).toBe(2);
});

test('the offer in the field rests while the device is asking, and comes back when that ends', async ({ signIn, page }) => {
  const options = calls(page, OPTIONS);
  await page.clock.install();
  await signIn.open();
  await signIn.offered();
  await signIn.button.click();
  await expect(signIn.cancel).toBeVisible();
  expect(options.count).toBe(2);

  await page.clock.fastForward('04:30');
  expect(options.count).toBe(2);
  await signIn.cancel.click();
  await signIn.offered(2);
  expect(options.count).toBe(3);
});

test('an offer that cannot be made says nothing: the button still works', async ({ device, signIn, signUp, account, address, page, watch }) => {
  await device.touches(true);
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  watch.expect(/net::ERR_FAILED .*\/login\/options/);
  await page.route(`**${OPTIONS}`, (route) => route.abort(), { times: 1 });
  const failed = page.waitForEvent('requestfailed');
  await account.leave();
  await failed;
  await expect(signIn.alert).toBeEmpty();

  await device.touches(true);
  await signIn.button.click();
  await account.belongsTo('Ada');
});
