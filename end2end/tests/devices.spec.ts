// Where passkeys live: on the computer, on a phone beside it (the hybrid transport), on a security key.

import { AccountPage, SignInPage } from '../support/pages';
import { Device, expect, test } from '../support/test';

/** What the browser is asked to look for: the transports of the passkeys that a touch may come from. */
const TOUCH = '**/auth/step-up/options';

for (const [what, transport, named] of [
  // What Chromium's virtual one says of itself.
  ['a phone beside the computer', 'hybrid', ['ble', 'hybrid']],
  ['a security key', 'usb', ['usb']],
] as const) {
  test(`a passkey on ${what} opens the account on another computer, and touches there`, async ({ page, signUp, apiKeys, address, watch, thief }) => {
    const device = await Device.addTo(page, { transport });
    await signUp.complete(address);
    const asked: unknown[] = [];
    await page.route(TOUCH, async (route) => {
      const response = await route.fetch();
      asked.push(...(await response.json()).allowCredentials.map((one: { transports: string[] }) => one.transports));
      await route.fulfill({ response });
    });
    await apiKeys.open();
    watch.expect(/status of 403 .*\/api-keys/);
    await apiKeys.name.fill('Deploys');
    await apiKeys.create.click();
    await apiKeys.touch.press();
    await expect(apiKeys.secret).toBeVisible();
    expect(asked).toEqual([named]);

    const other = await thief();
    await other.context.clearCookies();
    await other.device.remove();
    const there = await Device.addTo(other.page, { transport });
    for (const passkey of await device.passkeys()) await there.add(passkey);
    const signIn = new SignInPage(other.page);
    await signIn.open();
    // No autofill: that offers what this very device keeps.
    await signIn.button.click();
    await new AccountPage(other.page).belongsTo(address);
  });
}

test('with two passkeys each opens the account, and the one that is left after the other was lost', async ({ device, page, signUp, signIn, account, passkeys, address, watch }) => {
  await signUp.complete(address);
  const [first] = await device.passkeys();
  // The new one goes to a device that does not have the first, and the touch before it to the one that does.
  const key = await Device.addTo(page, { transport: 'usb' });
  await passkeys.open();
  watch.expect(/status of 403 .*\/auth\/passkey\/register\/options/);
  await passkeys.add.click();
  await passkeys.touch.press();
  await expect(passkeys.list).toHaveCount(2);
  const [second] = await key.passkeys();
  expect(second!.credentialId).not.toBe(first!.credentialId);

  await page.goto('/account');
  await device.remove();
  await account.leave();
  await signIn.open();
  await signIn.button.click();
  await account.belongsTo(address);
});
