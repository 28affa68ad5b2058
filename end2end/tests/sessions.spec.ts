// Everywhere I am signed in: seen at once, and ended with one touch.

import { SessionsPage } from '../support/pages';
import { IPHONE, calls, expect, test } from '../support/test';

/** A change that matters is refused until the passkey is touched; Chromium writes that into the console. */
const ASKS = /status of 403 .*\/auth\/sessions\/revoke/;
/** How a page learns that its session has ended. */
const ENDED = /status of 401 .*\/auth\/session\?watch=1/;

test('the list marks this device, and says what holds the session', async ({ device: _, signUp, account, sessions, address, page }) => {
  await signUp.complete(address);
  await account.link('Sessions').click();
  await sessions.shown();

  await expect(sessions.link('Sessions')).toHaveAttribute('aria-current', 'page');
  await expect(sessions.here).toContainText('This device');
  await expect(sessions.here).toContainText('Chrome on Linux');
  await expect(sessions.here).toContainText('Computer');
  await expect(sessions.here).toContainText('Locked to this device');
  await expect(sessions.here.locator('time').first()).toHaveText('just now');
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  await expect(sessions.end()).toHaveCount(0);
  await expect(sessions.endOthers).toBeHidden();
});

test('a session that begins elsewhere appears by itself, and goes by itself when it ends', async ({ device: _, signUp, sessions, address, page, elsewhere }) => {
  await signUp.complete(address);
  await sessions.open();
  await page.evaluate(() => Object.assign(globalThis, { isTheSamePage: true }));

  const phone = await elsewhere(IPHONE);
  await expect(sessions.elsewhere).toHaveCount(1);
  await expect(sessions.elsewhere.getByRole('heading')).toHaveText('Safari on iOS');
  await expect(sessions.elsewhere).toContainText('Phone');
  await expect(sessions.elsewhere).toContainText('On the network you are on now');
  await expect(sessions.elsewhere).toContainText('Locked to that device');
  await expect(sessions.elsewhere).toContainText('It is new, and on another kind of device than this one.');

  await phone.account.leave();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  expect(await page.evaluate(() => 'isTheSamePage' in globalThis)).toBe(true);
});

test('what is alike is no reason to worry', async ({ device: _, signUp, sessions, address, page, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere();
  await sessions.open();
  await expect(sessions.elsewhere).toContainText('Chrome on Linux');
  await expect(page.getByText('Not you?')).toBeHidden();
});

test('ending a session takes one touch, and its page is left by itself', async ({ device: _, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  const other = await elsewhere();
  await sessions.open();
  await expect(sessions.elsewhere).toHaveCount(2);

  watch.expect(ASKS);
  phone.watch.expect(ENDED);
  await sessions.end('Safari on iOS').click();
  await sessions.touch.press();
  await expect(sessions.status).toContainText('That session has ended.');
  await expect(sessions.elsewhere).toHaveCount(1);
  expect(await page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)).toEqual(['prompt']);

  await phone.page.waitForURL('/');
  await expect(phone.page.getByText('This session was ended from another device of yours.')).toBeVisible();
  await expect(phone.signIn.button).toBeVisible();
  await other.page.reload();
  await other.account.shown();
});

test('all other sessions end with one touch, and this one stays', async ({ device: _, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  const others = [await elsewhere(IPHONE), await elsewhere()];
  await sessions.open();
  await expect(sessions.elsewhere).toHaveCount(2);

  watch.expect(ASKS);
  for (const other of others) other.watch.expect(ENDED);
  await sessions.endOthers.click();
  await sessions.touch.press();
  await expect(sessions.status).toContainText('All your other sessions have ended.');
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  await expect(sessions.here).toContainText('This device');
  expect(await page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)).toEqual(['prompt']);
  for (const other of others) await other.page.waitForURL('/');
  await page.reload();
  await sessions.shown();
});

test('a press that is cancelled while the device asks changes nothing, says so, and can be tried again', async ({ device, signUp, sessions, address, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  await sessions.open();
  await device.touches(false);

  watch.expect(ASKS);
  const end = sessions.end('Safari on iOS');
  await end.click();
  await sessions.touch.press();
  await expect(sessions.touch.status).toContainText('Your device is asking for your passkey.');
  await expect(end).toHaveAttribute('aria-disabled', 'true');
  await sessions.cancel.click();
  await expect(sessions.status).toContainText('Stopped. Nothing was changed.');
  await expect(sessions.cancel).toBeHidden();
  await expect(end).toBeFocused();
  await expect(end).not.toHaveAttribute('aria-disabled');
  await phone.page.reload();
  await phone.account.shown();

  await device.touches(true);
  phone.watch.expect(ENDED);
  await end.click();
  await sessions.touch.press();
  await expect(sessions.status).toContainText('That session has ended.');
  await phone.page.waitForURL('/');
});

test('a second press while the device is asking does not ask twice', async ({ device, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await sessions.open();
  await device.touches(false);
  const asked = calls(page, '/auth/step-up/options');

  watch.expect(ASKS);
  await sessions.endOthers.click();
  await sessions.touch.press();
  await expect(sessions.touch.status).toContainText('Your device is asking for your passkey.');
  await sessions.endOthers.dispatchEvent('click');
  await sessions.end('Safari on iOS').dispatchEvent('click');
  await sessions.touch.button.dispatchEvent('click');
  await sessions.cancel.click();
  await expect(sessions.status).toContainText('Stopped. Nothing was changed.');
  expect(asked.count).toBe(1);
});

test('a session that ended while somebody was about to end it: said, and the list is right again', async ({ device: _, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  await sessions.open();
  // What is under the pointer does not move.
  await sessions.end('Safari on iOS').hover();
  await phone.account.leave();

  watch.expect(/status of 404 .*\/auth\/sessions\/revoke/);
  await sessions.end('Safari on iOS').click();
  await expect(sessions.alert).toContainText('That did not work.');
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
});

test('a press without a network says so and changes nothing', async ({ device: _, signUp, sessions, address, context, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await sessions.open();
  await context.setOffline(true);
  await sessions.endOthers.click();
  await expect(sessions.alert).toContainText('You are offline.');
  await expect(sessions.elsewhere).toHaveCount(1);
});

test('a list that does not come at first comes as soon as it can', async ({ device: _, signUp, sessions, address, page, watch }) => {
  await signUp.complete(address);
  watch.expect(/net::ERR_FAILED .*\/account\/sessions\/panel/);
  await page.route('**/account/sessions/panel*', (route) => route.abort());
  await page.goto('/account/sessions');
  await expect(sessions.alert).toContainText('We could not load this part of the page.');

  await page.unroute('**/account/sessions/panel*');
  await sessions.shown();
  await expect(sessions.alert).toBeEmpty();
});

test('a list that comes by itself leaves the focus where it is', async ({ device: _, signUp, sessions, apiKeys, address, page }) => {
  await signUp.complete(address);
  for (const open of [() => sessions.open(), () => apiKeys.open()]) {
    await open();
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect(await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 20))).toMatch(/^<body/);
  }
});

test('ending a session without a mouse: the focus is never lost', async ({ device: _, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await sessions.open();
  for (const stop of [
    sessions.link('Skip to content'),
    sessions.link('Holdfast'),
    sessions.link('Account'),
    sessions.link('Sessions'),
    sessions.link('Activity'),
    sessions.link('API keys'),
    sessions.link('Payout'),
    sessions.end('Safari on iOS'),
  ]) {
    await page.keyboard.press('Tab');
    await expect(stop).toBeFocused();
  }
  watch.expect(ASKS);
  await page.keyboard.press('Enter');
  await expect(sessions.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(sessions.status).toContainText('That session has ended.');
  // Its button has gone.
  await expect(page.getByRole('heading', { name: 'Elsewhere' })).toBeFocused();
});

test('a screen reader hears every step', async ({ device: _, signUp, sessions, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await sessions.open();
  await expect(sessions.status).toBeEmpty();
  await expect(sessions.alert).toBeEmpty();
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    for (const live of document.querySelectorAll('[role=status]')) {
      new MutationObserver(() => {
        const said = live.querySelector('.title')?.textContent;
        if (said && said !== heard.at(-1)) heard.push(said);
      }).observe(live, { childList: true, subtree: true, characterData: true });
    }
  });
  watch.expect(ASKS);
  await sessions.endOthers.click();
  await sessions.touch.press();
  await expect(sessions.status).toContainText('All your other sessions have ended.');
  expect(await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)).toEqual([
    'Getting ready.',
    'Your device is asking for your passkey.',
    'Checking your passkey.',
    'All your other sessions have ended.',
  ]);
  await expect(sessions.alert).toBeEmpty();
});

test('without JavaScript the page says what it needs, and why', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const { page } = await thief({ javaScriptEnabled: false });
  await page.goto('/account/sessions');
  await expect(page.getByRole('heading', { level: 1, name: 'Sessions' })).toBeVisible();
  const [title, detail] = await page.locator('noscript p').all();
  await expect(title).toHaveText('This page needs JavaScript to show your sessions.');
  await expect(detail).toContainText('Turn JavaScript on for this site, then reload.');
  await expect(title).toBeVisible();
  await expect(page.getByText('One moment.')).toBeHidden();
  await expect(page.getByRole('button')).toHaveCount(0);
  await page.getByRole('link', { name: 'Account', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
});

test('two windows of one browser can both end sessions', async ({ device: _, signUp, sessions, address, context, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await sessions.open();
  const second = new SessionsPage(await context.newPage());
  await second.open();
  await expect(second.elsewhere).toHaveCount(1);

  // The first renews the token that the second has been using: its next proof names the old one, and is made again.
  watch.expect(ASKS);
  watch.allow(/status of 401 .*\/account\/sessions\/panel/);
  await page.bringToFront();
  await sessions.endOthers.click();
  await sessions.touch.press();
  await expect(sessions.status).toContainText('All your other sessions have ended.');
  await second.page.bringToFront();
  await expect(second.page.getByText('You are signed in nowhere else.')).toBeVisible();
  await second.page.reload();
  await second.shown();
});
