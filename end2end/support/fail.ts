// What somebody does who has a passkey's name and not its key.

import type { Page } from '@playwright/test';

/** Each try is an event, ten of them an alert. */
export async function failToSignIn(page: Page, times: number) {
  await page.evaluate(async (times) => {
    const call = (path: string, body: object) =>
      fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    for (let time = 0; time < times; time += 1) {
      const options = await (await call('/auth/passkey/login/options', {})).json();
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const response = ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
      const { signature } = response.response;
      response.response.signature = signature.slice(0, 20) + (signature[20] === 'A' ? 'B' : 'A') + signature.slice(21);
      const { status } = await call('/auth/passkey/login/verify', { response });
      if (status !== 400) throw new Error(`let in: ${status}`);
    }
  }, times);
}
