// Mail addresses: confirmed with a code from a mail, added and removed with a touch, and "this wasn't me" from a mail.
// Runs on the desktop and on the phone.

import { codeIn, letterTo, linkIn } from '../support/mails';
import { calls, expect, test } from '../support/test';

/** A change that matters is refused until the passkey is touched; Chromium writes that into the console. */
const ADD_ASKS = /status of 403 .*\/account\/email\)/;
const REMOVE_ASKS = /status of 403 .*\/account\/email\/remove/;
const WRONG = /status of 400 .*\/account\/email\/verify/;

const other = (address: string) => address.replace('@', '-too@');

test('who has just signed up is asked politely, and confirms the address with the code from the mail', async ({ device: _, signUp, account, recovery, address, page }) => {
  await signUp.complete(address);
  await expect(page.getByRole('heading', { name: 'Confirm your email so that we can reach you' })).toBeVisible();
  await account.link('Confirm your email').click();
  await recovery.shown();
  await expect(recovery.addresses).toHaveCount(1);
  await expect(recovery.addresses).toContainText('Not confirmed yet');
  await expect(page.getByText('This server sends no mail yet.')).toBeVisible();

  await recovery.send(address).click();
  await expect(recovery.status).toContainText('Your code lies in the server’s mail folder.');
  await expect(recovery.code).toHaveAttribute('inputmode', 'numeric');
  await expect(recovery.code).toHaveAttribute('autocomplete', 'one-time-code');
  const letter = await letterTo(address, /^Your code for Holdfast$/);
  // As it is copied from the mail, with the space in it.
  await recovery.code.fill(` ${codeIn(letter)} `);
  await recovery.confirm.click();
  await expect(recovery.status).toContainText('Confirmed. From now on we can reach you there.');
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  await expect(recovery.code).toHaveCount(0);

  await page.goto('/account');
  await account.shown();
  await expect(page.getByText('Confirm your email so that we can reach you')).toHaveCount(0);
  await expect(page.getByText('Not verified yet')).toHaveCount(0);
});

test('by keyboard alone, and a wrong code is said at the field', async ({ device: _, signUp, recovery, address, page, watch }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).focus();
  await page.keyboard.press('Enter');
  await expect(recovery.code).toBeVisible();
  const code = codeIn(await letterTo(address, /^Your code/)).replace(' ', '');
  await recovery.code.focus();

  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Type the eight digits of the code here.')).toBeVisible();
  await expect(recovery.code).toBeFocused();

  watch.expect(WRONG);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(String((Number(code) + 1) % 1e8).padStart(8, '0'));
  await page.keyboard.press('Enter');
  await expect(page.getByText('That is not the code we sent.')).toBeVisible();
  await expect(recovery.code).toHaveAttribute('aria-invalid', 'true');
  await expect(recovery.code).toBeFocused();

  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  // Its field has gone.
  await expect(page.getByRole('heading', { name: 'Email addresses' })).toBeFocused();
});

test('after five wrong codes another one is asked for', async ({ device: _, signUp, recovery, address, page, watch }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  await expect(recovery.code).toBeVisible();
  const code = Number(codeIn(await letterTo(address, /^Your code/)).replace(' ', ''));
  watch.expect(WRONG);
  watch.expect(/status of 409 .*\/account\/email\/verify/);
  for (let by = 1; by <= 5; by += 1) {
    await recovery.code.fill(String((code + by) % 1e8).padStart(8, '0'));
    const answered = page.waitForResponse('**/account/email/verify');
    await recovery.confirm.click();
    await answered;
    if (by < 5) await expect(recovery.confirm).not.toHaveAttribute('aria-disabled', 'true');
  }
  await expect(recovery.alert).toContainText('so it no longer works. Ask for a new one.');
  await expect(recovery.code).toHaveCount(0);
  await recovery.send(address).click();
  const second = await letterTo(address, /^Your code/, 2);
  await recovery.code.fill(codeIn(second));
  await recovery.confirm.click();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
});

test('a second address is added with one touch, made the main one, and the first removed and brought back', async ({ device, signUp, recovery, address, page, watch, thief }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  await recovery.confirm.click();
  await expect(recovery.newAddress).toBeVisible();

  watch.expect(ADD_ASKS);
  await recovery.newAddress.fill(other(address));
  await recovery.add.click();
  await expect(recovery.touch.box).toContainText(`Add the address ${other(address)} to your account.`);
  await recovery.touch.press();
  await expect(recovery.addresses).toHaveCount(2);
  await expect(recovery.newAddress).toHaveCount(0);
  await recovery.code.fill(codeIn(await letterTo(other(address), /^Your code/)));
  await recovery.confirm.click();
  await expect(recovery.makePrimary(other(address))).toBeVisible();
  await letterTo(address, /^An address was added/);

  watch.expect(/status of 403 .*\/account\/email\/primary/);
  await recovery.makePrimary(other(address)).click();
  await recovery.touch.press();
  await expect(recovery.addresses.first()).toContainText(other(address));
  watch.expect(REMOVE_ASKS);
  await recovery.remove(address).click();
  await recovery.touch.press();
  await expect(recovery.addresses).toHaveCount(1);

  // Whoever reads the old address takes it back, signed out and without JavaScript.
  await device.touches(false);
  const letter = await letterTo(address, /^An address was taken off/);
  const { page: mailer, context } = await thief({ javaScriptEnabled: false });
  await context.clearCookies();
  watch.allow(/status of 401 .*\/auth\/session\?watch=1/);
  await mailer.goto(linkIn(letter));
  await expect(mailer).toHaveURL('/not-me');
  await mailer.getByRole('button', { name: 'This wasn’t me' }).click();
  await expect(mailer.getByText('The address that was taken off is back.')).toBeVisible();
  // The session that did it is over, here too.
  await page.waitForURL('/');
});

test('what is typed while another answer is on its way stays there, and so does the person', async ({ device: _, signUp, recovery, address, page }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/account/email/verify', async (route) => {
    await held;
    await route.continue();
  });
  await recovery.confirm.click();
  await recovery.newAddress.fill(other(address));
  answer();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  await expect(recovery.newAddress).toHaveValue(other(address));
  await expect(recovery.newAddress).toBeFocused();
});

test('what is pressed while another answer is on its way has its turn', async ({ device: _, signUp, recovery, address, page, watch }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/account/email/verify', async (route) => {
    await held;
    await route.continue();
  });
  await recovery.confirm.click();
  await recovery.newAddress.fill(other(address));
  await recovery.add.click();
  watch.expect(ADD_ASKS);
  answer();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  await expect(recovery.touch.box).toContainText(`Add the address ${other(address)} to your account.`);
  await recovery.touch.press();
  await expect(recovery.addresses).toHaveCount(2);
});

test('what is pressed while another answer is on its way is not done if that one was refused', async ({ device: _, signUp, recovery, address, page, watch }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  const right = codeIn(await letterTo(address, /^Your code/));
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/account/email/verify', async (route) => {
    await held;
    await route.continue();
  });
  watch.expect(WRONG);
  await recovery.code.fill(right.replace(/\d$/, (last) => String((Number(last) + 1) % 10)));
  await recovery.confirm.click();
  await recovery.newAddress.fill(other(address));
  const added = calls(page, '/account/email');
  await recovery.add.click();
  answer();
  await expect(recovery.code).toHaveAttribute('aria-invalid', 'true');
  await recovery.code.fill(right);
  await recovery.confirm.click();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  await expect(recovery.newAddress).toHaveValue(other(address));
  expect(added.count).toBe(0);
});

test('a sign-in elsewhere is mailed, and “this wasn’t me” ends it without signing in', async ({ device, signUp, recovery, address, page, elsewhere, thief }) => {
  await signUp.complete(address);
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  await recovery.confirm.click();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
  await device.touches(false);

  const other = await elsewhere();
  const letter = await letterTo(address, /^New sign-in/);
  expect(letter.html).not.toMatch(/<img|<script/);
  await other.device.touches(false);

  const { page: mailer, context } = await thief({ javaScriptEnabled: false });
  await context.clearCookies();
  await mailer.goto(linkIn(letter));
  await expect(mailer).toHaveURL('/not-me');
  await expect(mailer.getByRole('heading', { level: 1 })).toHaveText('Was this you?');
  await expect(mailer.getByText('Chrome on Linux')).toBeVisible();
  await expect(other.page).toHaveURL('/account');
  await mailer.getByRole('button', { name: 'This wasn’t me' }).click();
  await expect(mailer.getByText('That session has ended.')).toBeVisible();

  await other.page.waitForURL('/');
  await expect(other.page.getByText('This session was ended from another device.')).toBeVisible();
  await page.reload();
  await recovery.shown();
  await mailer.reload();
  await expect(mailer.getByText('That session has ended.')).toBeVisible();
});

test('an address as long as it may be fits, and markup in it is text', async ({ device: _, signUp, recovery, page, address }) => {
  const long = `${'w'.repeat(24)}-${address.split('@')[0]}@${'x'.repeat(60)}.${'y'.repeat(60)}.example`;
  await signUp.complete(long, '<b>Ada</b> \u05d0\u05d3\u05d4');
  await recovery.open();
  await expect(recovery.addresses.getByRole('heading')).toHaveText(long);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBe(0);
  await expect(page.locator('main b')).toHaveCount(0);
});
