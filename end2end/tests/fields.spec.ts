// What is typed on the sign-up page.

import { calls, expect, test } from '../support/test';

test('an empty address is pointed out at the field, and nothing is sent', async ({ signUp, account, device: _, address, page }) => {
  const options = calls(page, '/auth/passkey/register/options');
  await signUp.open();
  await expect(signUp.email).not.toHaveAttribute('aria-invalid');
  await signUp.email.fill('   ');
  await signUp.button.click();

  await expect(signUp.email).toHaveAttribute('aria-invalid', 'true');
  await expect(signUp.email).toHaveAccessibleDescription('Write your email address here.');
  await expect(signUp.email).toBeFocused();
  expect(options.count).toBe(0);

  await signUp.email.fill(address);
  await signUp.button.click();
  await account.belongsTo(address);
});

for (const typed of ['ada', 'ada@', '@example.test', 'ada lovelace@example.test', `${'a'.repeat(65)}@example.test`]) {
  test(`${typed.slice(0, 30)} is no address, which is said at the field`, async ({ signUp, device, page, watch }) => {
    watch.expect(/status of 400 .*\/register\/options/);
    await signUp.open();
    await signUp.email.fill(typed);
    await signUp.name.fill('Ada');
    await signUp.button.click();

    await expect(signUp.email).toHaveAttribute('aria-invalid', 'true');
    await expect(signUp.email).toHaveAccessibleDescription('Write the address in full, like name@example.org.');
    await expect(signUp.email).toBeFocused();
    await expect(signUp.email).toHaveValue(typed);
    await expect(signUp.name).toHaveValue('Ada');
    await expect(page.getByText('Getting ready.')).toBeHidden();
    expect(await device.passkeys()).toEqual([]);
  });
}

test('a corrected address is no longer pointed at', async ({ signUp, device, address, watch }) => {
  watch.expect(/status of 400/);
  await device.touches(false);
  await signUp.open();
  await signUp.email.fill('ada');
  await signUp.button.click();
  await expect(signUp.email).toHaveAttribute('aria-invalid', 'true');

  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.cancel).toBeVisible();
  await expect(signUp.email).not.toHaveAttribute('aria-invalid');
  await expect(signUp.email).toHaveAccessibleDescription('');
  await signUp.cancel.click();
});

test('a name longer than 64 characters cannot be typed', async ({ signUp }) => {
  await signUp.open();
  await signUp.name.pressSequentially('x'.repeat(70));
  await expect(signUp.name).toHaveValue('x'.repeat(64));
});

test('a name that could disguise other text is refused in plain words', async ({ signUp, device: _, address, watch }) => {
  watch.expect(/status of 400/);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.name.fill('gnp.\u202eexe');
  await signUp.button.click();
  await expect(signUp.alert).toContainText('That name cannot be shown. Please use at most 64 ordinary characters.');
});

for (const name of ['Zoë 👩‍💻', 'أدا لوفلايس', '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>']) {
  test(`a person may be called ${name}`, async ({ signUp, device: _, account, address }) => {
    await signUp.complete(address, name);
    await account.belongsTo(name);
  });
}

test('a domain beyond ASCII is kept in the spelling that mail uses, which the browser gives', async ({ signUp, device: _, account, address }) => {
  await signUp.complete(address.replace('@example', '@bücher'));
  await account.belongsTo(address.replace('@example', '@xn--bcher-kva'));
});
