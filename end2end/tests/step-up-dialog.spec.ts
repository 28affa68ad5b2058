// One more touch, asked for in a dialog: why, in plain words; one press; and what was under way goes on by itself.

import type { Page } from '@playwright/test';

import { ApiKeysPage } from '../support/pages';
import { Device, calls, expect, refuse, test } from '../support/test';

const CREATE_ASKS = /status of 403 .*\/api-keys\)/;

const prompts = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.length);

test.describe('on the network and device that the person signed in with', () => {
  test.beforeEach(async ({ device: _, signUp, apiKeys, address, watch }) => {
    await signUp.complete(address);
    await apiKeys.open();
    watch.expect(CREATE_ASKS);
  });

  test('it says what is about to happen, and that this is always asked', async ({ apiKeys, page }) => {
    await apiKeys.ask();
    await expect(apiKeys.touch.box).toContainText('Create the API key “Backup at night”.');
    await expect(apiKeys.touch.box).toContainText('We ask before every change that matters, so that only you can make it.');
    await expect(apiKeys.touch.reasons).toHaveCount(0);
    await expect(page.getByText('Why we ask')).toBeHidden();
    await expect(apiKeys.touch.box).toHaveAccessibleDescription(/^Create the API key “Backup at night”\. We ask before/);
    expect(await prompts(page), 'the device is not asked before the person presses').toBe(0);

    await apiKeys.touch.press();
    await expect(apiKeys.status).toContainText('Your new key is ready.');
    await apiKeys.touch.gone();
    expect(await prompts(page)).toBe(1);
  });

  test('each action is said in its own words', async ({ apiKeys, watch }) => {
    await apiKeys.ask('Deploys');
    await apiKeys.touch.press();
    await expect(apiKeys.keys).toHaveCount(1);
    watch.expect(/status of 403 .*\/api-keys\/revoke/);
    await apiKeys.revoke('Deploys').click();
    await expect(apiKeys.touch.box).toContainText('Revoke the API key “Deploys”. Programs that use it stop working.');
    await apiKeys.touch.press();
    await expect(apiKeys.empty).toBeVisible();
  });

  test('what a name looks like is shown as it was typed', async ({ apiKeys, page }) => {
    const name = `"><img src=x onerror=alert(1)> * $& {}`;
    await apiKeys.ask(name);
    await expect(apiKeys.touch.box.getByText(`Create the API key “${name}”.`, { exact: true })).toBeVisible();
    await expect(page.locator('dialog img')).toHaveCount(0);
  });

  for (const [how, leave] of [
    ['Cancel', (apiKeys: ApiKeysPage) => apiKeys.touch.cancel.click()],
    ['Esc', (apiKeys: ApiKeysPage) => apiKeys.page.keyboard.press('Escape')],
  ] as const) {
    test(`${how} changes nothing, keeps what was typed, and gives the focus back`, async ({ apiKeys, page }) => {
      const asked = calls(page, '/api-keys');
      await apiKeys.ask();
      await leave(apiKeys);
      await apiKeys.touch.gone();
      await expect(apiKeys.status).toContainText('Stopped. Nothing was changed.');
      await expect(apiKeys.create).toBeFocused();
      await expect(apiKeys.name).toHaveValue('Backup at night');
      await expect(apiKeys.empty).toBeVisible();
      expect(await prompts(page)).toBe(0);
      expect(asked.count, 'asked once, refused once').toBe(1);

      await apiKeys.create.press('Enter');
      await apiKeys.touch.press();
      await expect(apiKeys.keys).toHaveCount(1);
    });
  }

  test('Esc while the device asks stops that, too', async ({ device, apiKeys, page }) => {
    await device.touches(false);
    await apiKeys.ask();
    await apiKeys.touch.press();
    await expect(apiKeys.touch.status).toContainText('Your device is asking for your passkey.');
    await expect(apiKeys.cancel, 'one way out, not two').toHaveCount(1);
    await page.keyboard.press('Escape');
    await apiKeys.touch.gone();
    await expect(apiKeys.status).toContainText('Stopped. Nothing was changed.');
    await expect(apiKeys.create).toBeFocused();

    await device.touches(true);
    await apiKeys.create.click();
    await expect(apiKeys.touch.status, 'old news is gone').toBeEmpty();
    await apiKeys.touch.press();
    await expect(apiKeys.keys).toHaveCount(1);
  });

  test('Cancel after the touch, while it is being checked, still changes nothing', async ({ apiKeys, page }) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/auth/step-up/verify', async (route) => {
      await held;
      await route.continue();
    });
    const asked = calls(page, '/api-keys');
    await apiKeys.ask();
    await apiKeys.touch.press();
    await expect(apiKeys.touch.status).toContainText('Checking your passkey.');
    await apiKeys.touch.cancel.click();
    const checked = page.waitForResponse('**/auth/step-up/verify');
    release();
    expect((await checked).status()).toBe(200);
    await expect(apiKeys.status).toContainText('Stopped. Nothing was changed.');
    expect(asked.count).toBe(1);
    await page.reload();
    await expect(apiKeys.empty).toBeVisible();
  });

  test('everything without a mouse: the focus stays in the dialog, and ends where it is needed', async ({ apiKeys, page }) => {
    await apiKeys.name.focus();
    await page.keyboard.type('Deploys');
    await page.keyboard.press('Enter');
    await expect(apiKeys.touch.button).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(apiKeys.touch.cancel).toBeFocused();
    await page.keyboard.press('Shift+Tab');
    await expect(apiKeys.touch.button).toBeFocused();
    for (let stop = 0; stop < 6; stop += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement!.closest('dialog, body')!.outerHTML.slice(0, 7))).toMatch(/^<dialog|^<body/);
      await expect(apiKeys.name).not.toBeFocused();
    }
    await page.keyboard.press('Escape');
    await expect(apiKeys.name, 'it was Enter in the field').toBeFocused();

    await page.keyboard.press('Enter');
    await expect(apiKeys.touch.button).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(apiKeys.secret).toBeVisible();
    await expect(page.getByRole('button', { name: 'Copy' })).toBeFocused();
  });

  test('what the server says is said in the dialog, and the next press works', async ({ apiKeys, page, watch }) => {
    watch.expect(/status of 400 .*\/auth\/step-up\/verify/);
    await page.route('**/auth/step-up/verify', refuse(400, 'passkey_unknown').answer, { times: 1 });
    await apiKeys.ask();
    await apiKeys.touch.press();
    await expect(apiKeys.touch.alert).toContainText('This passkey does not belong to your account.');
    await expect(apiKeys.touch.button).toBeFocused();
    await apiKeys.touch.press();
    await expect(apiKeys.keys).toHaveCount(1);
  });

  test('a touch that the server finds too late is asked for once more', async ({ apiKeys, page, watch }) => {
    watch.expect(/status of 400 .*\/auth\/step-up\/verify/);
    await page.route('**/auth/step-up/verify', refuse(400, 'challenge_expired').answer, { times: 1 });
    await apiKeys.ask();
    await apiKeys.touch.press();
    await expect(apiKeys.touch.status).toContainText('We stopped waiting after five minutes.');
    await apiKeys.touch.press();
    await expect(apiKeys.keys).toHaveCount(1);
  });

  for (const [when, isHeard] of [['after the server heard it', true], ['before it did', false]] as const) {
    test(`a connection that drops ${when} has changed nothing, and the next press works`, async ({ apiKeys, page, context, watch }) => {
      watch.expect(/net::ERR_FAILED .*\/auth\/step-up\/verify/);
      // The token has moved on, and the browser does not know it.
      watch.allow(/status of (401|409) .*\/auth\/(step-up\/options|session)/);
      await page.route(
        '**/auth/step-up/verify',
        async (route) => {
          const before = (await context.cookies()).filter(({ name }) => /sid|step-up/.test(name));
          if (isHeard) expect((await route.fetch()).status()).toBe(200);
          await context.clearCookies({ name: '__Host-step-up' });
          await context.addCookies(before);
          await route.abort();
        },
        { times: 1 },
      );
      const asked = calls(page, '/api-keys');
      await apiKeys.ask();
      await apiKeys.touch.press();
      await expect(apiKeys.touch.alert).toContainText('We could not reach the server.');
      await expect(apiKeys.touch.alert).toContainText('Nothing was changed and nothing was lost.');
      await expect(apiKeys.touch.box).not.toContainText('may be done already');
      expect(asked.count, 'nothing was sent that could have changed anything').toBe(1);
      await expect(apiKeys.name).toHaveValue('Backup at night');

      await apiKeys.touch.press();
      await expect(apiKeys.status).toContainText('Your new key is ready.');
      await expect(apiKeys.keys).toHaveCount(1);
    });
  }

  test('a touch that is too old when the call is made again is asked for once more', async ({ apiKeys, page }) => {
    // Exactly what it answered first, once more: as if the machine had slept in between.
    let asked = '';
    let isReplayed = false;
    await page.route('**/api-keys', async (route) => {
      if (asked && !isReplayed) {
        isReplayed = true;
        return route.fulfill({ status: 403, contentType: 'application/json', body: asked });
      }
      const response = await route.fetch();
      if (response.status() === 403) asked ||= await response.text();
      return route.fulfill({ response });
    });
    await apiKeys.ask();
    await apiKeys.touch.press();
    await expect(apiKeys.touch.alert).toContainText('That touch is no longer good.');
    await expect(apiKeys.touch.box).toContainText('Create the API key “Backup at night”.');
    expect(await prompts(page)).toBe(1);
    await apiKeys.touch.press();
    await expect(apiKeys.status).toContainText('Your new key is ready.');
    await expect(apiKeys.keys).toHaveCount(1);
    expect(await prompts(page)).toBe(2);
  });

  test('a closing of before that is told late stops nothing', async ({ apiKeys, page }) => {
    await apiKeys.ask();
    // Chromium does so with its next frame, which on a busy machine comes when the dialog is open again.
    const tellLate = () => page.evaluate(() => document.querySelector('dialog[open]')!.dispatchEvent(new Event('close')));
    await tellLate();
    await page.route('**/auth/step-up/verify', async (route) => {
      await tellLate();
      await route.continue();
    });
    await apiKeys.touch.press();
    await expect(apiKeys.status).toContainText('Your new key is ready.');
  });

  test('a press right after Esc is not lost, however late the closing is told', async ({ apiKeys, page }) => {
    await apiKeys.ask();
    await page.evaluate(() => {
      const dialog = document.querySelector('dialog[open]')!;
      const later = (event: Event) => {
        event.stopImmediatePropagation();
        Object.assign(globalThis, { tellNow: () => dialog.dispatchEvent(new Event('close')) });
      };
      dialog.addEventListener('close', later, { capture: true, once: true });
    });
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => 'tellNow' in globalThis);
    await apiKeys.name.press('Enter');
    await page.evaluate(() => (globalThis as unknown as { tellNow: () => void }).tellNow());
    await apiKeys.touch.press();
    await expect(apiKeys.status).toContainText('Your new key is ready.');
    await expect(apiKeys.keys).toHaveCount(1);
  });

  test('a second tab makes its own change meanwhile, and both go on', async ({ device, apiKeys, page, context, watch }) => {
    await apiKeys.ask('First tab');
    const second = new ApiKeysPage(await context.newPage());
    const there = await Device.addTo(second.page);
    for (const passkey of await device.passkeys()) await there.add(passkey);
    // The token changes under the feet of the first: its next proof names the old one, and is made again.
    watch.allow(/status of 401/);
    watch.allow(/status of 409/);
    await second.open();
    await second.ask('Second tab');
    await second.touch.press();
    await expect(second.keys).toHaveCount(1);

    await page.bringToFront();
    await apiKeys.touch.press();
    await expect(apiKeys.keys.getByRole('heading')).toHaveText(['First tab', 'Second tab']);
  });

  test('who signs out in a second tab is signed out here, too, dialog or not', async ({ device, apiKeys, page, context, watch }) => {
    watch.expect(/status of 401 .*\/auth\/session\?watch=1/);
    await apiKeys.ask();
    await device.touches(false);
    const second = await context.newPage();
    await second.goto('/account');
    await second.getByRole('button', { name: 'Sign out' }).click();
    await second.waitForURL('/?signed-out');
    await page.bringToFront();
    await page.waitForURL('/');
  });

  for (const width of [320, 360, 390]) {
    test(`on a phone of ${width} pixels it lies at the lower edge, and everything is in reach`, async ({ apiKeys, page }) => {
      await page.setViewportSize({ width, height: 640 });
      await apiKeys.ask('W'.repeat(64));
      const box = (await apiKeys.touch.box.boundingBox())!;
      expect([box.x, box.width, Math.round(box.y + box.height)]).toEqual([0, width, 640]);
      for (const button of [apiKeys.touch.button, apiKeys.touch.cancel]) {
        await expect(button).toBeInViewport({ ratio: 1 });
        expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
      }
      expect(await apiKeys.touch.box.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)).toBe(true);
    });
  }
});

test('a prompt that is open for five minutes is closed; the dialog says why and stays', async ({ device, signUp, apiKeys, address, page, watch }) => {
  await page.clock.install();
  await signUp.complete(address);
  await apiKeys.open();
  await device.touches(false);
  watch.expect(CREATE_ASKS);
  await apiKeys.ask();
  await apiKeys.touch.press();
  await expect(apiKeys.touch.status).toContainText('Your device is asking for your passkey.');
  await page.clock.fastForward('05:00');
  await expect(apiKeys.touch.status).toContainText('We stopped waiting after five minutes.');
  await device.touches(true);
  await apiKeys.touch.press();
  await expect(apiKeys.keys).toHaveCount(1);
});
