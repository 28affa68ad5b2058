// The browser's side of Device Bound Session Credentials by hand, as Chromium 156 speaks it, with a key whose private half
// we hold: so that every wrong statement can be a well-signed one.

import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto';

import type { Asked, Answered } from './secure';

export const REGISTER = '/auth/dbsc/register';
export const REFRESH = '/auth/dbsc/refresh';

type Ask = (path: string, request?: Asked) => Promise<Answered>;

export class HandMade {
  private readonly key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** `session_identifier`; whose it is may be chosen. */
  id = '';

  constructor(private readonly ask: Ask) {}

  /** Takes the offer that a `Secure-Session-Registration` header makes. */
  async register(offer: string): Promise<Answered> {
    const answer = await this.registerWith(this.registration(offer));
    if (answer.status === 200) this.id = answer.json().session_identifier;
    return answer;
  }

  registration(offer: string): string {
    const { crv, kty, x, y } = this.key.publicKey.export({ format: 'jwk' });
    const claims = { authorization: parameter(offer, 'authorization'), jti: parameter(offer, 'challenge') };
    return jwt(this.key.privateKey, { jwk: { crv, kty, x, y } }, claims);
  }

  registerWith(statement: string): Promise<Answered> {
    return this.ask(REGISTER, { method: 'POST', headers: { 'secure-session-response': statement } });
  }

  /** What answers a challenge. */
  response(challenge: string): string {
    return jwt(this.key.privateKey, {}, { jti: challenge });
  }

  /** Without a statement: asks for a challenge. */
  refreshWith(statement?: string): Promise<Answered> {
    const headers = { 'sec-secure-session-id': this.id, ...(statement && { 'secure-session-response': statement }) };
    return this.ask(REFRESH, { method: 'POST', headers });
  }
}

/** The challenge that an answer brings for this binding. */
export function challengeOf(answer: Answered, id: string): string {
  const [, challenge, forWhom] = /^"([^"]+)";id="([^"]+)"$/.exec(String(answer.headers['secure-session-challenge'])) ?? [];
  if (!challenge || forWhom !== id) throw new Error(`no challenge for ${id} in ${JSON.stringify(answer.headers)}`);
  return challenge;
}

/** The value of the cookie that an answer sets. */
export function cookieOf(answer: Answered, name: string): string | undefined {
  const all = ([] as string[]).concat(answer.headers['set-cookie'] ?? []);
  return all.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1).split(';')[0];
}

function parameter(header: string, name: string): string {
  const value = new RegExp(`;${name}="([^"]+)"`).exec(header)?.[1];
  if (!value) throw new Error(`no ${name} in ${header}`);
  return value;
}

function jwt(key: KeyObject, header: object, claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'ES256', typ: 'dbsc+jwt', ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
