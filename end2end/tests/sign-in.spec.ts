import { generateKeyPairSync, randomBytes } from 'node:crypto';

import type { Credential } from '../support/device';
import { AccountPage, SignInPage } from '../support/pages';
import { Device, expect, lettingGo, test } from '../support/test';

test('a person signs in by the button', async ({ device, signUp, signIn, account, address }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();

  await signIn.byButton(device);

  await account.belongsTo('Ada');
  await expect(account.passkeys.getByText('Not used yet')).toBeHidden();
  await expect(account.passkeys.getByText('just now')).toHaveCount(2);
});

test('a person signs in by autofill, without the button', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();

  await device.touches(true);
  await page.goto('/');

  await account.belongsTo('Ada');
});

test('autofill is offered in the address field', async ({ signIn }) => {
  await signIn.open();
  await expect(signIn.email).toHaveAttribute('autocomplete', 'username webauthn');
  await expect(signIn.email).toHaveAccessibleDescription('Select this field and your browser can offer your passkey.');
});

test('a person who has just signed out is not signed in again unasked', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address);
  await device.touches(false);
  const offered = page.waitForResponse('**/auth/passkey/login/options');
  await account.leave();

  expect((await offered).status()).toBe(200);
  await expect(signIn.button).toBeVisible();
  await expect(signIn.status).toBeEmpty();
  expect((await page.request.get('/auth/session')).status()).toBe(401);
});

test('signing in makes a new session and needs no address', async ({ device, signUp, signIn, account, address, context }) => {
  const token = async () => (await context.cookies()).find(({ name }) => name === '__Host-sid')?.value;
  await signUp.complete(address);
  const first = await token();
  await device.touches(false);
  await account.leave();
  expect(await token()).toBeUndefined();

  await expect(signIn.email).toHaveValue('');
  await signIn.byButton(device);
  await account.shown();

  expect(await token()).toMatch(/^\S{40,}$/);
  expect(await token()).not.toBe(first);
});

test('a second account on the same device: each passkey opens its own account', async ({ device, signUp, signIn, account, address }) => {
  await signUp.complete(address, 'First');
  await device.touches(false);
  await account.leave();
  await device.touches(true);
  await signUp.complete(`second-${address}`, 'Second');
  await device.touches(false);
  await account.leave();
  expect(await device.passkeys()).toHaveLength(2);

  // A virtual device has no list to choose from: with two passkeys it takes one of them.
  await signIn.byButton(device);
  await account.shown();
  const taken = await whose(account.page.locator('#you').textContent());
  expect(['First', 'Second']).toContain(taken);
  await device.touches(false);
  await account.leave();

  const other = taken === 'First' ? 'Second' : 'First';
  await device.forget(await passkeyOf(device, taken));
  await signIn.byButton(device);
  await account.belongsTo(other);
});

const whose = async (text: Promise<string | null>) => (await text)?.trim() ?? '';

async function passkeyOf(device: Device, name: string): Promise<Credential> {
  const found = (await device.passkeys()).find(({ userDisplayName }) => userDisplayName === name);
  if (!found) throw new Error(`no passkey of ${name}`);
  return found;
}

test('a synced passkey signs in from another device', async ({ device, signUp, account, address, context, page }) => {
  await signUp.complete(address, 'Ada');
  const [passkey] = await device.passkeys();

  // Another tab with a device and without the cookies is another person's worth of hardware.
  await context.clearCookies();
  const elsewhere = await context.newPage();
  const second = await Device.addTo(elsewhere);
  await second.touches(false);
  await second.add(passkey);
  const there = new SignInPage(elsewhere);
  await there.open();
  await there.byButton(second);

  await new AccountPage(elsewhere).belongsTo('Ada');
  await expect(new AccountPage(elsewhere).passkeys).toHaveCount(1);
  await page.reload();
  await account.belongsTo('Ada');
});

test('a passkey of no account here leads to the page for new accounts', async ({ device, signIn, signUp, page, watch }) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await device.touches(false);
  await signIn.open();
  await device.add({
    credentialId: randomBytes(32).toString('base64'),
    isResidentCredential: true,
    rpId: 'localhost',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    userHandle: randomBytes(16).toString('base64'),
    signCount: 1,
    backupEligibility: true,
    backupState: true,
  });
  watch.expect(/status of 400 .*\/auth\/passkey\/login\/verify/);

  await page.route('**/auth/passkey/login/verify', lettingGo(device, (route) => route.continue()));
  const verified = page.waitForResponse('**/auth/passkey/login/verify');
  await signIn.byButton(device);
  expect(await (await verified).json()).toMatchObject({ code: 'passkey_unknown' });

  await expect(signIn.alert).toContainText('This passkey does not belong to an account here.');
  await expect(signIn.alert).toContainText('If your device offers it again, delete it in your device’s password settings.');
  // This one is told, and does not offer it again.
  expect(await device.passkeys()).toEqual([]);
  await signIn.alert.getByRole('link', { name: 'Create an account' }).click();
  await expect(signUp.heading('Create an account')).toBeVisible();
});

for (const path of ['/', '/signup']) {
  test(`a signed-in person who opens ${path} is taken to the account`, async ({ device: _, signUp, account, address, page }) => {
    await signUp.complete(address, 'Ada');
    await page.goto(path);
    await account.belongsTo('Ada');
    await expect(page.getByRole('navigation', { name: 'Your account' }).getByRole('link', { name: 'Account' })).toBeVisible();
  });
}

test('a stranger who opens the account is asked to sign in', async ({ page, signIn }) => {
  await page.goto('/account');
  await page.waitForURL('/');
  await expect(signIn.button).toBeVisible();
});

test('the session cookie is out of reach of scripts and of other sites', async ({ device: _, signUp, address, context, page }) => {
  await signUp.complete(address);
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-sid');
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
  expect(await page.evaluate(() => document.cookie)).toBe('');
});
