// The console of operators, with a mouse, without one, and on a phone at 3 a.m.
// Runs on the desktop and on the phone.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, failToSignIn, test } from '../support/console';
import { IPHONE } from '../support/test';

const OPEN_ASKS = /status of 403 .*\/admin(\/\w+)*\/panel/;
const ENDED = /status of 401 .*\/auth\/session\?watch=1/;

test.use({ contextOptions: { reducedMotion: 'reduce' } });

async function fits(page: Page) {
  const { wide, has } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    has: document.documentElement.clientWidth,
  }));
  expect(wide).toBeLessThanOrEqual(has);
}

async function hasNoFault(page: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations, passes } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) })), colorScheme).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
  }
}

test('for everybody else there is nothing there', async ({ device: _, signUp, address, page, watch }) => {
  watch.expect(/status of 404/);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { level: 1, name: 'There is no page here' })).toBeVisible();
  await signUp.complete(address);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { level: 1, name: 'There is no page here' })).toBeVisible();
});

test('an operator looks after one touch, and the page goes on by itself', async ({ device: _, signUp, address, page, watch, console, grant, elsewhere }) => {
  await signUp.complete(address, 'Olga');
  await grant(address);
  watch.expect(OPEN_ASKS);
  await page.goto('/admin');
  await expect(page.getByText('See this page.')).toHaveCount(0);
  await console.opener.click();
  await expect(console.touch.box).toContainText('See this page.');
  await console.touch.press();
  await expect(page.getByRole('heading', { name: 'What comes in' })).toBeVisible();

  // What is typed stays, and what changes comes by itself.
  const find = page.getByLabel('Find a person');
  await find.fill('somebody');
  const hour = page.getByRole('img', { name: 'Sign-ins, the last hour' });
  await expect(hour).toBeVisible();
  const signedIn = page.getByRole('region', { name: 'Sign-ins', exact: true }).locator('figure').first().getByRole('listitem').filter({ hasText: 'signed in' });
  const before = Number((await signedIn.textContent())!.match(/\d+/)![0]);
  await elsewhere();
  await expect(signedIn).toHaveText(`signed in ${before + 1}`);
  await expect(find).toHaveValue('somebody');
  await expect(find).toBeFocused();
  await page.reload();
  await expect(hour, 'one touch is good for ten minutes').toBeVisible();
  await fits(page);
});

test('an alert is looked at and acknowledged, with a note', async ({ device: _, signUp, address, page, watch, console, grant, elsewhere }) => {
  watch.expect(OPEN_ASKS);
  watch.expect(/status of 403 .*\/admin\/alerts\/acknowledge/);
  await signUp.complete(address);
  await grant(address);
  const other = await elsewhere();
  other.watch.expect(/status of 400 .*\/auth\/passkey\/login\/verify/);
  await failToSignIn(other, 10);
  await console.open();
  const card = console.alerts.filter({ hasText: 'Somebody keeps failing with the passkeys of one person.' }).first();
  await expect(card).toContainText('Nobody is locked out.');
  await card.getByRole('link', { name: /^Look closer/ }).click();
  await expect(page).toHaveURL(/\/admin\/alerts$/);
  const whole = console.alerts.filter({ hasText: 'Somebody keeps failing with the passkeys of one person.' }).first();
  await whole.getByText('The 10 newest events that showed it').click();
  await expect(whole.getByRole('listitem')).toHaveCount(10);
  await whole.getByLabel('Note').fill('A colleague tries a new key');
  await whole.getByRole('button', { name: /^Acknowledge/ }).click();
  await expect(console.touch.box).toContainText('Say that you have seen to this alert: Somebody keeps failing');
  await console.touch.press();
  await expect(console.status).toContainText('Noted: you have seen to that alert.');
  const seenTo = page.getByRole('region', { name: 'Seen to' });
  await expect(seenTo).toContainText('A colleague tries a new key');
  await expect(seenTo).toContainText(address);
  await hasNoFault(page);
  await fits(page);
});

test('somebody is found, looked at, and signed out, all without a mouse', async ({ device, signUp, address, page, watch, console, grant, others }) => {
  watch.expect(OPEN_ASKS);
  watch.expect(/status of 403 .*\/admin\/sessions\/revoke/);
  await signUp.complete(address, 'Ada');
  const ada = await others.signIn(device, IPHONE);
  ada.watch.expect(ENDED);
  await grant(address);
  await console.open();
  await page.getByLabel('Find a person').focus();
  await page.keyboard.type(address);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/admin\/events\?person=/);
  await expect(page.getByLabel('Person')).toHaveValue(address);
  await expect(console.events.filter({ hasText: 'user_created' })).toHaveCount(1);
  await hasNoFault(page);
  const name = page.getByRole('region', { name: 'Who this is' }).getByRole('link', { name: 'Ada' });
  await name.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Sessions (2)' })).toBeVisible();
  const end = page.getByRole('button', { name: 'End this session: Safari on iOS' });
  await end.focus();
  await page.keyboard.press('Enter');
  await expect(console.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(console.status).toContainText('That session has ended.');
  await expect(page.getByRole('heading', { name: 'Sessions (1)' })).toBeVisible();
  await ada.page.waitForURL('/');
  await expect(ada.page.getByText('The people who run this service ended this session.')).toBeVisible();
  await expect(console.events.filter({ hasText: 'session_revoked operator' })).toHaveCount(1);
  await hasNoFault(page);
  await fits(page);
});

test('every page of it has no fault that axe finds, and fits 320 pixels', async ({ device: _, signUp, address, page, watch, console, grant }) => {
  test.slow();
  watch.expect(OPEN_ASKS);
  await signUp.complete(address);
  await grant(address);
  await console.open();
  for (const path of ['/admin', '/admin/alerts', '/admin/events', '/admin/events?network=nonsense']) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path);
    await expect(page.locator('.panel h2, .panel .title').first()).toBeVisible();
    const first = page.locator('.panel summary').first();
    if (await first.isVisible()) await first.click();
    await hasNoFault(page);
    await page.setViewportSize({ width: 320, height: 640 });
    await fits(page);
    for (const button of await page.getByRole('main').getByRole('button').all()) {
      const box = await button.boundingBox();
      if (box) expect(box.height).toBeGreaterThanOrEqual(44);
    }
  }
});

test('the numbers behind a chart are there for whoever does not see it', async ({ device: _, signUp, address, page, watch, console, grant }) => {
  watch.expect(OPEN_ASKS);
  await signUp.complete(address);
  await grant(address);
  await console.open();
  const region = page.getByRole('region', { name: 'Sign-ins', exact: true });
  const chart = region.getByRole('img', { name: 'Sign-ins, the last hour' });
  await expect(chart).toHaveAccessibleDescription(/new accounts: [1-9]/);
  await region.getByText('Seven days, and the numbers').click();
  const table = region.getByRole('table', { name: /^Sign-ins, the last hour/ });
  await expect(table.getByRole('row')).toHaveCount(13);
  const sum = await table.locator('tbody td:nth-of-type(2)').allTextContents();
  const total = sum.reduce((all, cell) => all + Number(cell), 0);
  await expect(region.locator('figure').first().getByRole('listitem').filter({ hasText: 'new accounts' })).toHaveText(`new accounts ${total}`);
  expect(total).toBeGreaterThan(0);
});
