// What happened on my account, why I was asked, and what I do about what was not me.

import type { Page } from '@playwright/test';

import { failToSignIn } from '../support/fail';
import { FIREFOX, IPHONE, expect, looksLike, test } from '../support/test';

const ASKS = /status of 403 .*\/auth\/events\/disown/;
const ENDED = /status of 401 .*\/auth\/session\?watch=1/;
const CREATE_ASKS = /status of 403 .*\/api-keys\)/;

const prompts = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.length);

test('the list says what happened, where, and that it was here', async ({ device: _, signUp, account, activity, address, page }) => {
  await signUp.complete(address);
  await account.link('Your activity').click();
  await activity.shown();

  await expect(activity.link('Activity')).toHaveAttribute('aria-current', 'page');
  await expect(activity.events).toHaveCount(1);
  const made = activity.event('You created this account');
  await expect(made).toContainText('This device');
  await expect(made).toContainText('Chrome on Linux');
  await expect(made.locator('time')).toHaveText('just now');
  await expect(page.getByRole('button', { name: /^This wasn’t me/ })).toHaveCount(0);
  await expect(activity.safePath).toHaveCount(0);
  await expect(page.getByText('DB-IP'), 'no places, nobody to name').toHaveCount(0);
});

test('“Why was I asked?” gives the reasons of the dialog, with their points, and the request’s id', async ({ device: _, signUp, apiKeys, activity, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  watch.expect(CREATE_ASKS);
  const refused = page.waitForResponse((response) => new URL(response.url()).pathname === '/api-keys');
  await apiKeys.ask();
  const rule = 'We ask before every change that matters, so that only you can make it.';
  await expect(apiKeys.touch.box).toContainText(rule);
  await apiKeys.touch.cancel.click();

  await activity.open();
  const details = activity.details('You were asked for one more touch to create an API key');
  await expect(details.getByText(rule)).toBeHidden();
  await details.getByText('Why was I asked?').click();
  await expect(details).toContainText(`20 points in all. From 60 on we ask for one more touch. ${rule}`);
  await expect(details.getByRole('listitem')).toHaveText(['This can let programs act for you. 20 points']);
  await expect(details.locator('code')).toHaveText((await refused).headers()['x-request-id']);
});

test('in another browser the reasons are told as the dialog told them', async ({ device: _, signUp, apiKeys, activity, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  await looksLike(page, FIREFOX);
  watch.expect(CREATE_ASKS);
  await apiKeys.ask();
  const reasons = await apiKeys.touch.reasons.allTextContents();
  expect(reasons).toHaveLength(2);
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);

  await activity.open();
  const details = activity.details('You were asked for one more touch to create an API key');
  await details.getByText('Why was I asked?').click();
  await expect(details.getByRole('listitem')).toHaveText(reasons.map((reason, number) => `${reason} ${[40, 20][number]} points`));
  await expect(details).toContainText('60 points in all. From 60 on we ask for one more touch.');
  await expect(activity.event('You created an API key')).toContainText('Firefox on Windows');
});

test('nothing moves while somebody reads', async ({ device: _, signUp, activity, address, page, elsewhere }) => {
  await signUp.complete(address);
  await activity.open();
  const details = activity.details('You created this account');
  await details.getByText('Details').click();
  await elsewhere(IPHONE);
  // Longer than a list waits that keeps itself fresh.
  await page.waitForTimeout(7_000);
  await expect(details.getByText('Request id')).toBeVisible();
  await expect(activity.event('You signed in')).toHaveCount(0);
  await page.reload();
  await expect(activity.event('You signed in')).toContainText('Safari on iOS');
});

test('“This wasn’t me” ends the session with one touch, and says what to do now', async ({ device: _, signUp, activity, account, apiKeys, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  const other = await elsewhere();
  await activity.open();

  watch.expect(ASKS);
  phone.watch.expect(ENDED);
  await activity.disown('You signed in, Safari on iOS').click();
  await expect(activity.touch.box).toContainText('End the session with Safari on iOS, and protect your account.');
  expect(await prompts(page)).toBe(0);
  await activity.touch.press();
  await expect(activity.status).toContainText('That session has ended.');
  await expect(activity.safePath.getByRole('listitem')).toHaveCount(3);
  await expect(activity.safePath.getByRole('heading', { name: 'Here is what to do now' })).toBeFocused();
  await expect(activity.event('Somebody signed in')).toContainText('Not you');
  expect(await prompts(page)).toBe(1);
  await phone.page.waitForURL('/');
  await expect(phone.page.getByText('Somebody signed in there said that it was not theirs.')).toBeVisible();

  watch.expect(/status of 403 .*\/auth\/sessions\/revoke/);
  other.watch.expect(ENDED);
  await activity.safePath.getByRole('button', { name: 'End all other sessions' }).click();
  await activity.touch.press();
  await expect(activity.safePath).toContainText('Done: you are signed in nowhere else.');
  await other.page.waitForURL('/');

  await activity.safePath.getByRole('link', { name: 'Look through your passkeys' }).click();
  await expect(account.passkeys).toHaveCount(1);
  await page.goBack();
  await activity.safePath.getByRole('link', { name: 'Look through your API keys' }).click();
  await expect(apiKeys.empty).toBeVisible();
});

test('a session that has ended can still be disowned', async ({ device: _, signUp, activity, address, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  await phone.account.leave();
  await activity.open();
  watch.expect(ASKS);
  await activity.disown().click();
  await activity.touch.press();
  await expect(activity.status).toContainText('Noted. That session had ended already.');
  await expect(activity.safePath).toContainText('Done: you are signed in nowhere else.');
});

test('who cancels has changed nothing, and is where they were', async ({ device: _, signUp, activity, address, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  await activity.open();
  watch.expect(ASKS);
  await activity.disown().click();
  await activity.touch.cancel.click();
  await expect(activity.status).toContainText('Stopped. Nothing was changed.');
  await expect(activity.disown()).toBeFocused();
  await expect(activity.safePath).toHaveCount(0);
  await phone.page.reload();
  await phone.account.shown();
});

test('everything without a mouse', async ({ device: _, signUp, activity, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await elsewhere(IPHONE);
  await activity.open();
  await page.getByRole('navigation', { name: 'Your account' }).getByRole('link').last().focus();
  await page.keyboard.press('Tab');
  await expect(activity.details('You signed in').locator('summary')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(activity.details('You signed in').getByText('Request id')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await expect(activity.details('You signed in').getByText('Request id')).toBeHidden();
  await page.keyboard.press('Tab');
  await expect(activity.disown('You signed in, Safari on iOS')).toBeFocused();
  watch.expect(ASKS);
  await page.keyboard.press('Enter');
  await expect(activity.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(activity.safePath.getByRole('heading', { name: 'Here is what to do now' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(activity.safePath.getByRole('link', { name: 'Look through your passkeys' })).toBeFocused();
});

test('a long past comes in parts, and the way back is there', async ({ device: _, signUp, activity, address, page, watch }) => {
  await signUp.complete(address);
  watch.expect(/status of 400 .*\/auth\/passkey\/login\/verify/);
  await failToSignIn(page, 52);
  await activity.open();
  await expect(activity.events).toHaveCount(50);
  await activity.link('Older').click();
  await expect(activity.event('You created this account')).toHaveCount(1);
  const url = page.url();
  await page.reload();
  await expect(activity.event('You created this account')).toHaveCount(1);
  expect(page.url()).toBe(url);
  await activity.link('Newest').click();
  await expect(activity.events).toHaveCount(50);
  expect(new URL(page.url()).search).toBe('');
});

for (const width of [320, 390]) {
  test(`on a phone of ${width} pixels everything fits and can be pressed`, async ({ device: _, signUp, activity, address, page, watch, elsewhere }) => {
    await page.setViewportSize({ width, height: 640 });
    await signUp.complete(address);
    await elsewhere(IPHONE);
    await activity.open();
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    for (const summary of await activity.events.locator('summary').all()) {
      await summary.click();
      expect((await summary.boundingBox())!.height).toBeGreaterThanOrEqual(24);
    }
    expect(await fits()).toBe(true);
    expect((await activity.disown().boundingBox())!.height).toBeGreaterThanOrEqual(44);
    watch.expect(ASKS);
    await activity.disown().click();
    await activity.touch.press();
    await expect(activity.safePath).toBeVisible();
    expect(await fits()).toBe(true);
  });
}

test('without JavaScript the page says what it needs, and why', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const { page } = await thief({ javaScriptEnabled: false });
  await page.goto('/account/activity');
  await expect(page.getByRole('heading', { level: 1, name: 'Activity' })).toBeVisible();
  await expect(page.locator('noscript p').first()).toHaveText('This page needs JavaScript to show your activity.');
  await expect(page.locator('noscript p').first()).toBeVisible();
  await expect(page.getByText('One moment.')).toBeHidden();
  await expect(page.getByRole('button')).toHaveCount(0);
});
