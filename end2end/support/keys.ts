// The device key, as the browser under test keeps it: WebCrypto's, in IndexedDB.

import { createHash } from 'node:crypto';

import type { Page } from '@playwright/test';

export interface Kept {
  slot: string;
  extractable: boolean;
  /** Whether a script got the private half out all the same. */
  exported: boolean;
  /** RFC 7638. */
  thumbprint: string;
}

/** All that are kept. */
export async function keysOf(page: Page): Promise<Kept[]> {
  const found = await page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === 'holdfast')) return [];
    const database = await settled(indexedDB.open('holdfast'));
    const store = database.transaction('keys').objectStore('keys');
    const [slots, pairs] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll() as IDBRequest<CryptoKeyPair[]>)]);
    database.close();
    return Promise.all(
      pairs.map(async ({ publicKey, privateKey }, index) => {
        const out = ['jwk', 'pkcs8'].map((format) => crypto.subtle.exportKey(format as 'jwk', privateKey));
        return {
          slot: String(slots[index]),
          extractable: privateKey.extractable,
          exported: (await Promise.allSettled(out)).some(({ status }) => status === 'fulfilled'),
          jwk: await crypto.subtle.exportKey('jwk', publicKey),
        };
      }),
    );
  });
  return found.map(({ jwk: { crv, kty, x, y }, ...kept }) => {
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    return { ...kept, thumbprint };
  });
}

/** What a browser does that needs room, or a person who clears site data. */
export function evictKeys(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('holdfast');
        request.onsuccess = () => resolve();
        request.onerror = request.onblocked = () => reject(new Error('not deleted'));
      }),
  );
}
