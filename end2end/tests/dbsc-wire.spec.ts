// Device Bound Session Credentials on the wire: how often the browser asks, what it says, and what that is worth when
// somebody says it again.

import { expect, test } from '../support/fronted';
import { HandMade, REFRESH, REGISTER, challengeOf } from '../support/hand-made';
import { BOUND, BOUND_SESSION, session } from '../support/secure';

/** As many challenges a binding keeps. */
const CHALLENGES = 32;

test.describe.configure({ mode: 'default' });

test('s19_no_wait: signing in does not wait for the binding', async ({ bindings, device, front, signUp, signIn, account, address, page, context }) => {
  await signUp.complete(address, 'Ada');
  await bindings.made();
  await device.touches(false);
  await account.leave();

  const binding = front.hold(REGISTER);
  await signIn.byButton(device);
  await account.belongsTo('Ada');
  await binding.arrived;

  // The browser's offer to bind is on its way and stays there. Meanwhile everything works.
  expect(await session(page)).toMatchObject({ status: 200, session: { binding: 'device_key' } });
  const list = page.waitForResponse('**/account/sessions/panel');
  await page.goto('/account/sessions');
  expect((await list).status()).toBe(200);
  expect((await page.goto('/account'))!.status()).toBe(200);

  binding.release();
  await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  await context.clearCookies({ name: BOUND });
  expect(await session(page)).toMatchObject(BOUND_SESSION);
});

test('s19_parallel: eight requests without the bound cookie cost one refresh, and all succeed', async ({ bindings, device: _, front, signUp, address, page, context }) => {
  await signUp.complete(address);
  await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  const before = front.asked(REFRESH).length;

  await context.clearCookies({ name: BOUND });
  const answers = await page.evaluate(() =>
    Promise.all(
      Array.from({ length: 8 }, async () => {
        const answer = await fetch('/auth/session');
        return [answer.status, (await answer.json()).session?.binding];
      }),
    ),
  );

  expect(answers).toEqual(Array(8).fill([200, 'dbsc']));
  // And that in one round trip: the challenge had come with the cookie before.
  expect(front.asked(REFRESH).slice(before).map(({ status }) => status)).toEqual([200]);
});

test('s19_replay: what the browser has said is worth nothing when somebody says it again', async ({ bindings, byHand, device: _, front, signUp, address, page, context }) => {
  await signUp.complete(address);
  const id = await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  await context.clearCookies({ name: BOUND });
  expect(await session(page)).toMatchObject(BOUND_SESSION);

  const registered = front.asked(REGISTER).at(-1)!;
  const again = await byHand(REGISTER, { method: 'POST', headers: { 'secure-session-response': registered.headers['secure-session-response']! } });
  expect(again.status).toBe(400);
  expect(again.headers['set-cookie']).toBeUndefined();

  const refreshed = front.asked(REFRESH).at(-1)!;
  expect(refreshed.status).toBe(200);
  expect(refreshed.headers['sec-secure-session-id']).toBe(id);
  const statement = {
    'sec-secure-session-id': id,
    'secure-session-response': refreshed.headers['secure-session-response']!,
  };
  // No attack by itself: a browser without a new challenge says its last answer again, too.
  const repeated = await byHand(REFRESH, { method: 'POST', headers: statement });
  expect(repeated.status).toBe(403);
  expect(challengeOf(repeated, id)).toMatch(/^[\w-]{43}$/);
  expect(repeated.headers['set-cookie']).toBeUndefined();

  await context.clearCookies({ name: BOUND });
  expect(await session(page), 'the owner').toMatchObject(BOUND_SESSION);
  expect(await bindings.held()).toEqual([id]);
});

test('s19_stale_challenge: a challenge that was forgotten costs the browser one more round trip, and nothing else', async ({ bindings, byHand, device: _, front, signUp, address, page, context }) => {
  await signUp.complete(address);
  const somebody = new HandMade(byHand);
  somebody.id = await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  const before = front.asked(REFRESH).length;

  // Whoever knows the id may ask for challenges. So many are kept, so these push out the one that the browser has.
  for (let times = 0; times < CHALLENGES; times += 1) expect((await somebody.refreshWith()).status).toBe(403);
  await context.clearCookies({ name: BOUND });

  expect(await session(page)).toMatchObject(BOUND_SESSION);
  expect(front.asked(REFRESH).slice(before + CHALLENGES).map(({ status }) => status)).toEqual([403, 200]);
  expect(await bindings.held()).toEqual([somebody.id]);
});
