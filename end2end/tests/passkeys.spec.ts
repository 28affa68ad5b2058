// Care of passkeys: one more, another name, one less; and what the device is told about it (the Signal API).

import type { Page } from '@playwright/test';

import type { Credential, Device } from '../support/device';
import { expect, test } from '../support/test';

/** A change that matters is refused until the passkey is touched; Chromium writes that into the console. */
const ADD_ASKS = /status of 403 .*\/auth\/passkey\/register\/options/;
const REMOVE_ASKS = /status of 403 .*\/auth\/passkeys\/remove/;

/** The virtual device keeps one passkey of an account. So it forgets the one that is there just before it makes another. */
async function makesRoom(page: Page, device: Device): Promise<Credential> {
  const [old] = await device.passkeys();
  await page.route('**/auth/passkey/register/options', async (route) => {
    const response = await route.fetch();
    if (response.ok()) await device.forget(old!);
    await route.fulfill({ response });
  });
  return old!;
}

test('a second passkey is added, and the first is removed with the session that it opened', async ({ device, signUp, signIn, account, passkeys, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  await account.link('Add a second passkey').click();
  await passkeys.shown();
  await expect(passkeys.list).toHaveCount(1);
  await expect(passkeys.list).toContainText('so this one cannot be removed');
  const first = 'Passkey (Chrome on Linux)';
  await expect(passkeys.list.getByRole('heading', { name: first, exact: true })).toBeVisible();

  // From here on the device has the second passkey alone: of several it would answer with any.
  await makesRoom(page, device);
  watch.expect(ADD_ASKS);
  await passkeys.add.click();
  await expect(passkeys.touch.box).toContainText('Add a passkey to your account.');
  await passkeys.touch.press();
  await expect(passkeys.status).toContainText('Your new passkey is ready.');
  await expect(passkeys.list).toHaveCount(2);
  const second = `${first} 2`;
  await expect(passkeys.list.getByRole('heading', { name: second, exact: true })).toBeVisible();
  const [made] = await device.passkeys();

  await passkeys.opener('Remove', first).click();
  await expect(passkeys.list.filter({ hasText: 'You signed in here with it' })).toContainText('You will be signed out here.');
  watch.expect(REMOVE_ASKS);
  watch.allow(/status of 401/);
  await passkeys.remove(first).click();
  await expect(passkeys.touch.box).toContainText(`Remove the passkey “${first}”. It will no longer open your account, on any device. You will be signed out here.`);
  // Let go before the sign-in page is there: its field would be answered at once.
  await page.route('**/auth/passkeys/remove', async (route) => {
    const response = await route.fetch();
    if (response.ok()) await device.touches(false);
    await route.fulfill({ response });
  });
  await passkeys.touch.press();
  await page.waitForURL('/');
  await expect(page.getByText('The passkey that opened this session was removed.')).toBeVisible();

  await signIn.byButton(device);
  await account.belongsTo('Ada');
  await expect(account.passkeys).toHaveCount(1);
  expect((await device.passkeys()).map(({ credentialId }) => credentialId)).toEqual([made!.credentialId]);
});

test('the device forgets a passkey that was removed here', async ({ device, signUp, passkeys, address, page, watch }) => {
  await signUp.complete(address);
  await passkeys.open();
  const old = await makesRoom(page, device);
  watch.expect(ADD_ASKS);
  await passkeys.add.click();
  await passkeys.touch.press();
  await expect(passkeys.list).toHaveCount(2);
  // The one that was made is removed again, and the first is the one that the device has.
  const [made] = await device.passkeys();
  await device.forget(made!);
  await device.add(old);
  const told = page.evaluate(
    () =>
      new Promise((resolve) => {
        const { signalAllAcceptedCredentials } = PublicKeyCredential as never as { signalAllAcceptedCredentials: (what: object) => Promise<void> };
        Object.assign(PublicKeyCredential, {
          signalAllAcceptedCredentials(what: object) {
            resolve(what);
            return signalAllAcceptedCredentials.call(PublicKeyCredential, what);
          },
        });
      }),
  );
  const name = 'Passkey (Chrome on Linux) 2';
  await passkeys.opener('Remove', name).click();
  watch.expect(REMOVE_ASKS);
  await passkeys.remove(name).click();
  await passkeys.touch.press();
  await expect(passkeys.status).toContainText('That passkey is removed.');
  await expect(passkeys.list).toHaveCount(1);
  await expect(page.getByRole('heading', { name: 'Your passkeys' })).toBeFocused();
  const base64url = (text: string) => Buffer.from(text, 'base64').toString('base64url');
  expect(await told).toEqual({
    rpId: 'localhost',
    userId: base64url(old.userHandle!),
    allAcceptedCredentialIds: [base64url(old.credentialId)],
  });
  expect((await device.passkeys()).map(({ credentialId }) => credentialId)).toEqual([old.credentialId]);
});

test('another name by keyboard, as text, and the device hears how the account is called', async ({ device, signUp, passkeys, address, page }) => {
  await signUp.complete(address, 'Ada');
  const [old] = await device.passkeys();
  await device.forget(old!);
  await device.add({ ...old!, userName: 'before@example.test', userDisplayName: 'Before' });
  await passkeys.open();
  await passkeys.opener('Rename', 'Passkey (Chrome on Linux)').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(passkeys.name).toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Write a name here.')).toBeVisible();
  await expect(passkeys.name).toBeFocused();

  const name = '<b>משרד</b> 👩‍💻 ' + 'W'.repeat(40);
  await page.keyboard.insertText(name);
  await page.keyboard.press('Enter');
  await expect(passkeys.status).toContainText('It has its new name.');
  await expect(passkeys.list.getByRole('heading', { name, exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Your passkeys' })).toBeFocused();
  expect(await device.passkeys()).toMatchObject([{ userName: address, userDisplayName: 'Ada' }]);

  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
