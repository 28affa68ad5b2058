// Device Bound Session Credentials in a browser that does not know them, which is most browsers: it ignores the offer.
// What it ignores a client by hand takes here, with a key of its own, to say what no browser would.

import { HandMade, challengeOf, cookieOf } from '../support/hand-made';
import { BOUND, BOUND_SESSION, SID, expect, session, test, valueOf } from '../support/secure';

test.use({ dbsc: 'unknown' });
test.describe.configure({ mode: 'default' });

const OFFER = 'secure-session-registration';

test('s19_without: a browser that ignores the offer is held by a key of the page, and everything works', async ({ device, signUp, signIn, account, address, page, context }) => {
  const made = page.waitForResponse('**/auth/passkey/register/verify');
  await signUp.complete(address, 'Ada');
  expect(await (await made).headerValue(OFFER)).toMatch(/^\(ES256\);path="\/auth\/dbsc\/register";challenge="[\w-]{43}";authorization="[\w.-]+"$/);
  expect(await session(page)).toMatchObject({ status: 200, session: { binding: 'device_key' } });

  for (const path of ['/account/sessions', '/account/api-keys']) {
    const part = page.waitForResponse(`**${path}/panel`);
    expect((await page.goto(path))!.status(), path).toBe(200);
    expect((await part).status(), path).toBe(200);
  }
  await page.goto('/account');
  await device.touches(false);
  await account.leave();
  await signIn.byButton(device);
  await account.belongsTo('Ada');

  expect(await session(page)).toMatchObject({ status: 200, session: { binding: 'device_key' } });
  expect(await valueOf(context, BOUND)).toBeUndefined();
});

test('s19_by_hand: only an unused challenge of this very binding is worth a cookie', async ({ byHand, device: _, signUp, address, page, context }) => {
  const made = page.waitForResponse('**/auth/passkey/register/verify');
  await signUp.complete(address);
  const offer = (await (await made).headerValue(OFFER))!;
  const client = new HandMade(byHand);
  const first = await client.register(offer);
  expect(first.status).toBe(200);
  expect(first.json()).toMatchObject({
    refresh_url: '/auth/dbsc/refresh',
    scope: { include_site: false },
    credentials: [{ type: 'cookie', name: BOUND, attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }],
    allowed_refresh_initiators: ['*'],
  });

  expect((await client.register(offer)).status, 'an offer that was taken').toBe(400);
  expect((await new HandMade(byHand).register(offer)).status, 'by another key').toBe(400);

  const statement = client.response(challengeOf(first, client.id));
  const second = await client.refreshWith(statement);
  expect(second.status).toBe(200);
  expect(second.text, 'anything else would be a new configuration').toBe('');
  expect(cookieOf(second, BOUND)).not.toBe(cookieOf(first, BOUND));

  const stale = {
    'a statement made before': statement,
    'a challenge used before, signed anew': client.response(challengeOf(first, client.id)),
    'the challenge of the offer': client.response(/challenge="([^"]+)"/.exec(offer)![1]),
    'a challenge that never was': client.response('A'.repeat(43)),
    'no challenge': client.response(''),
  };
  for (const [what, said] of Object.entries({ 'nothing at all': undefined, ...stale })) {
    const answer = await client.refreshWith(said);
    expect(answer.status, what).toBe(403);
    expect(challengeOf(answer, client.id), what).toMatch(/^[\w-]{43}$/);
    expect(answer.headers['set-cookie'], what).toBeUndefined();
  }

  const third = await client.refreshWith(client.response(challengeOf(second, client.id)));
  expect(third.status).toBe(200);
  await context.addCookies([{ name: BOUND, value: cookieOf(third, BOUND)!, url: page.url(), httpOnly: true, secure: true, sameSite: 'Lax' }]);
  expect(await session(page)).toMatchObject(BOUND_SESSION);
});

test('s19_by_hand_wrong_key: a well-signed statement of another key ends the session for both', async ({ byHand, device, signUp, address, page, context, watch }) => {
  const made = page.waitForResponse('**/auth/passkey/register/verify');
  await signUp.complete(address);
  const owner = new HandMade(byHand);
  const bound = await owner.register((await (await made).headerValue(OFFER))!);
  expect(bound.status).toBe(200);
  const cookie = `${SID}=${await valueOf(context, SID)}; ${BOUND}=${cookieOf(bound, BOUND)}`;
  expect((await byHand('/auth/session', { headers: { cookie } })).status).toBe(200);
  await device.touches(false);
  watch.expect(/status of 401/);

  const thief = new HandMade(byHand);
  thief.id = owner.id;
  // Even over a challenge that is good.
  const refused = await thief.refreshWith(thief.response(challengeOf(bound, owner.id)));
  expect(refused.status).toBe(401);
  expect(refused.headers['set-cookie']).toBeUndefined();

  expect((await owner.refreshWith(owner.response(challengeOf(bound, owner.id)))).status).toBe(401);
  const answer = await byHand('/auth/session', { headers: { cookie } });
  expect(answer.status).toBe(401);
  expect(answer.json().code).toBe('invalid_session');
  await page.waitForURL('/');
  await expect(page.getByText('We ended your session to protect you.')).toBeVisible();
});
