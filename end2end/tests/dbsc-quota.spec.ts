// Device Bound Session Credentials as shipped: Chromium signs six times in nine minutes for a site, then not at all.

import { BOUND, BOUND_SESSION, expect, session, test } from '../support/secure';

test.use({ dbsc: 'limited' });

test('s19_quota: when the browser stops signing, one touch and the person goes on', async ({ bindings, device: _, signUp, account, address, page, context, watch }) => {
  await signUp.complete(address, 'Ada');
  await bindings.made();
  const { session: before } = await session(page);
  for (let signed = 1; signed < 6; signed += 1) {
    await context.clearCookies({ name: BOUND });
    expect(await session(page)).toMatchObject(BOUND_SESSION);
    expect((await bindings.next('refresh')).refreshEventDetails!.refreshResult).toBe('Refreshed');
  }
  watch.expect(/status of 403/);

  // The open page finds out by itself.
  await context.clearCookies({ name: BOUND });
  await expect(account.touch.box).toBeVisible();
  expect((await bindings.next('refresh')).refreshEventDetails!.refreshResult).toBe('SigningQuotaExceeded');
  await expect(page.getByText('Your browser did not prove that this session is still on your device.')).toBeVisible();
  expect(await session(page)).toMatchObject({ status: 403, code: 'step_up_required' });
  await account.touch.press();
  await account.touch.gone();

  // The server offers a new binding, the browser cannot take it yet, and nobody waits for it.
  await account.belongsTo('Ada');
  expect((await bindings.next('creation')).creationEventDetails!.fetchResult).toBe('SigningQuotaExceeded');
  expect(await session(page)).toMatchObject({ status: 200, session: { id: before!.id, binding: 'device_key' } });
  for (const path of ['/account/sessions', '/account']) expect((await page.goto(path))!.status(), path).toBe(200);
});
