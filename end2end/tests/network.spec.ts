// What a person is told when the way to the server, or the server, fails.

import { expect, lettingGo, refuse, test } from '../support/test';

test('offline, nothing is sent; back online, the same press works', async ({ device, signUp, account, address, context }) => {
  await signUp.open();
  await signUp.email.fill(address);
  await context.setOffline(true);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('You are offline.');
  await expect(signUp.alert).toContainText('Nothing was sent and nothing was lost.');
  expect(await device.passkeys()).toEqual([]);

  await context.setOffline(false);
  await signUp.button.click();
  await account.belongsTo(address);
});

test('offline, signing in says so; back online, it works', async ({ device, signUp, signIn, account, address, context }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await signIn.offered();
  await context.setOffline(true);
  await signIn.button.click();
  await expect(signIn.alert).toContainText('You are offline.');

  await context.setOffline(false);
  await device.touches(true);
  await signIn.button.click();
  await account.belongsTo('Ada');
});

test('a server that does not answer the first call has changed nothing', async ({ device: _, signUp, account, address, page, watch }) => {
  watch.expect(/net::ERR_FAILED .*\/register\/options/);
  await page.route('**/auth/passkey/register/options', (route) => route.abort());
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('We could not reach the server.');
  await expect(signUp.alert).toContainText('Nothing was changed and nothing was lost.');

  await page.unroute('**/auth/passkey/register/options');
  await signUp.button.click();
  await account.belongsTo(address);
});

test('a fault of the server is owned, with the request id, and the next press works', async ({ device: _, signUp, account, address, page, watch }) => {
  const fault = refuse(500, 'internal');
  watch.expect(/status of 500 .*\/register\/options/);
  await page.route('**/auth/passkey/register/options', fault.answer);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('Something went wrong on our side.');
  await expect(signUp.alert).toContainText(`Request id ${fault.requestId}`);

  await page.unroute('**/auth/passkey/register/options');
  await signUp.button.click();
  await account.belongsTo(address);
  await expect(signUp.alert).toBeEmpty();
});

test('a fault of the server during sign-in is owned, with the request id', async ({ device, signIn, page, watch }) => {
  await device.touches(false);
  const fault = refuse(503, 'unavailable');
  watch.expect(/status of 503 .*\/login\/options/);
  await page.route('**/auth/passkey/login/options', fault.answer);
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.alert).toContainText('Something went wrong on our side.');
  await expect(signIn.alert).toContainText(`Request id ${fault.requestId}`);
});

test('an answer that is not ours, such as a proxy’s page, is a fault of the server to a person', async ({ device: _, signUp, address, page, watch }) => {
  watch.expect(/status of 502 .*\/register\/options/);
  await page.route('**/auth/passkey/register/options', (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
  );
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('Something went wrong on our side.');
  await expect(signUp.alert).not.toContainText('Request id');
});

test('after too many tries the person reads how long to wait', async ({ device: _, signUp, address, page, watch }) => {
  const slowDown = refuse(429, 'rate_limited', { retryAfter: 37 });
  watch.expect(/status of 429/);
  await page.route('**/auth/passkey/register/options', slowDown.answer);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('There have been many tries from your network.');
  await expect(signUp.alert).toContainText('You can try again in 37 seconds.');
});

test('a connection that drops while a sign-up is checked leads to signing in, which works', async ({ device, signUp, signIn, account, address, page, watch }) => {
  watch.expect(/net::ERR_FAILED .*\/register\/verify/);
  // The server does its work; only its answer is lost.
  await page.route('**/auth/passkey/register/verify', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.name.fill('Ada');
  await signUp.button.click();
  await expect(signUp.alert).toContainText('The connection dropped before we could answer.');
  await expect(signUp.alert).toContainText('Your account is probably ready. Try to sign in with it first.');

  await device.touches(false);
  // The cookie of the lost answer never came.
  await page.context().clearCookies();
  await signUp.alert.getByRole('link', { name: 'Sign in' }).click();
  await signIn.byButton(device);
  await account.belongsTo('Ada');
});

test('a connection that drops while a sign-in is checked leads to a reload', async ({ device, signUp, signIn, account, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  watch.expect(/net::ERR_FAILED .*\/login\/verify/);
  await page.route('**/auth/passkey/login/verify', lettingGo(device, (route) => route.abort()));
  await signIn.byButton(device);
  await expect(signIn.alert).toContainText('The connection dropped before we could answer.');
  await expect(signIn.alert).toContainText('You may already be signed in.');

  await page.unroute('**/auth/passkey/login/verify');
  await signIn.alert.getByRole('button', { name: 'Reload' }).click();
  await expect(signIn.alert).toBeEmpty();
  await signIn.byButton(device);
  await account.belongsTo('Ada');
});

test('a connection that drops after the sign-in was accepted: the reload finds the person signed in', async ({ device, signUp, signIn, account, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  watch.expect(/net::ERR_FAILED .*\/auth\/session/);
  await page.route('**/auth/session', lettingGo(device, (route) => route.abort()));
  await signIn.byButton(device);
  await expect(signIn.alert).toContainText('You may already be signed in.');

  await page.unroute('**/auth/session');
  await signIn.alert.getByRole('button', { name: 'Reload' }).click();
  await account.belongsTo('Ada');
});

test('a fault of the server after the touch says that the new passkey may be of no use', async ({ device: _, signUp, account, address, page, watch }) => {
  const fault = refuse(500, 'internal');
  watch.expect(/status of 500 .*\/register\/verify/);
  await page.route('**/auth/passkey/register/verify', fault.answer);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('We could not finish your account.');
  await expect(signUp.alert).toContainText('Your device may have kept a passkey that does not work here.');
  await expect(signUp.alert).toContainText(`Request id ${fault.requestId}`);

  await page.unroute('**/auth/passkey/register/verify');
  await signUp.button.click();
  await account.belongsTo(address);
});

test('a refused answer of the device is explained in the server’s words', async ({ device, signUp, signIn, account, address, page, watch }) => {
  await signUp.complete(address);
  await device.touches(false);
  await account.leave();
  const refusal = refuse(400, 'counter_regressed', { error: 'This passkey may have been copied, so it was refused. Please use another one.' });
  watch.expect(/status of 400 .*\/login\/verify/);
  await page.route('**/auth/passkey/login/verify', lettingGo(device, refusal.answer));
  await signIn.byButton(device);
  await expect(signIn.alert).toContainText('We could not accept the answer from your device.');
  await expect(signIn.alert).toContainText('This passkey may have been copied');
  await expect(signIn.alert).toContainText(`Request id ${refusal.requestId}`);
});

test('an answer that is sent twice is refused the second time', async ({ device: _, signUp, address, page }) => {
  await signUp.open();
  await signUp.email.fill(address);
  const sent = page.waitForRequest('**/auth/passkey/register/verify');
  await signUp.button.click();
  const body = (await sent).postDataJSON();
  await page.waitForURL('/account');

  const again = await page.request.post('/auth/passkey/register/verify', { data: body });
  expect(again.status()).toBe(400);
  expect(await again.json()).toMatchObject({ code: 'challenge_used', requestId: again.headers()['x-request-id'] });
});

test('a browser that does not keep the cookie is told, and offered HTTPS', async ({ device, signUp, signIn, account, address, page, watch, baseURL }) => {
  await signUp.complete(address);
  await device.touches(false);
  await account.leave();
  watch.expect(/status of 401 .*\/auth\/session/);
  await page.route('**/auth/session', lettingGo(device, refuse(401, 'no_session').answer));
  await signIn.byButton(device);

  await expect(signIn.alert).toContainText('Your passkey worked, but this browser did not keep you signed in.');
  const link = signIn.alert.getByRole('link', { name: 'Open over HTTPS' });
  expect(await link.getAttribute('href')).toContain(baseURL!.replace('http:', 'https:'));
});
