// Why somebody is at the sign-in page again.

import { request } from '@playwright/test';

import { SessionsPage } from '../support/pages';
import { IPHONE, expect, signInTimes, test } from '../support/test';

const ENDED = /status of 401 .*\/auth\/session\?watch=1/;

test('a stranger is told nothing', async ({ device, signIn, page }) => {
  await device.touches(false);
  await signIn.open();
  await expect(page.locator('main .status:visible')).toHaveCount(0);
});

test('a session that was ended from another device says so until somebody signs in', async ({ device: _, signUp, sessions, address, watch, elsewhere }) => {
  await signUp.complete(address);
  const phone = await elsewhere(IPHONE);
  await sessions.open();
  watch.expect(/status of 403 .*\/auth\/sessions\/revoke/);
  phone.watch.expect(ENDED);
  await sessions.end('Safari on iOS').click();
  await sessions.touch.press();
  await phone.page.waitForURL('/');
  const notice = phone.page.getByText('This session was ended from another device of yours.');
  await expect(notice).toBeVisible();
  await expect(phone.page.getByText('If not, sign in and look at your sessions and passkeys.')).toBeVisible();
  await phone.page.reload();
  await expect(notice).toBeVisible();

  await phone.signIn.byButton(phone.device);
  await phone.account.shown();
  await phone.device.touches(false);
  await phone.account.leave();
  await expect(notice).toBeHidden();
});

test('a copy of an old cookie ends the session, and both sides are told why', async ({ device, signUp, apiKeys, signIn, account, address, context, page, watch, baseURL, thief }) => {
  await signUp.complete(address, 'Ada');
  const thiefs = await thief();
  const old = (await context.cookies()).find(({ name }) => name === '__Host-sid')!.value;
  await apiKeys.open();
  watch.expect(/status of 403 .*\/api-keys/);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
  expect((await context.cookies()).find(({ name }) => name === '__Host-sid')!.value).not.toBe(old);
  await device.touches(false);

  // For ten seconds the old one may still read: requests of ours may be on their way with it.
  watch.expect(ENDED);
  const replay = await request.newContext({ baseURL, extraHTTPHeaders: { cookie: `__Host-sid=${old}` } });
  await expect
    .poll(async () => (await replay.get('/auth/session')).status(), { timeout: 15_000, intervals: [500] })
    .toBe(401);
  await replay.dispose();

  await page.waitForURL('/');
  await expect(page.getByText('We ended your session to protect you.')).toBeVisible();
  await expect(page.getByText('Somebody used an old copy of its cookie.')).toBeVisible();
  await thiefs.page.goto('/account');
  await thiefs.page.waitForURL('/');
  await expect(thiefs.signIn.button).toBeVisible();

  await signIn.byButton(device);
  await account.belongsTo('Ada');
});

test('the oldest of too many sessions ends, and says so', async ({ device, signUp, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  const other = await elsewhere();
  await device.touches(false);
  watch.expect(ENDED);
  await signInTimes(other, 19);
  await page.waitForURL('/');
  await expect(page.getByText('You were signed out here because you signed in elsewhere.')).toBeVisible();

  // All twenty are there, and fit the narrowest screen.
  const sessions = new SessionsPage(other.page);
  await sessions.open();
  await expect(sessions.elsewhere).toHaveCount(19);
});
