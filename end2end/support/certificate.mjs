// A throwaway certificate for localhost, made anew in each run.
//
// Node makes keys and signatures but no certificates, and a bare machine has no openssl. The little DER (X.690) that a
// certificate of one name needs is written here.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const DAY_MS = 86_400_000;

const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');

/**
 * @returns `key` and `cert` as PEM, and the hash of the public key: Chromium trusts that leaf, and no other, by
 * `--ignore-certificate-errors-spki-list`. Trusted otherwise, a page loads but DBSC stays off.
 */
export function selfSigned(name = 'localhost') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const distinguished = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, name))));
  const alternative = der(0x04, sequence(der(0x82, name)));
  const serial = randomBytes(16);
  // Positive, and without a leading zero.
  serial[0] = 0x40 | (serial[0] & 0x3f);
  const statement = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    distinguished,
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 7 * DAY_MS)),
    distinguished,
    spki,
    der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, alternative))),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', statement, privateKey));
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: pem(sequence(statement, algorithm, signature)),
    spkiHash: createHash('sha256').update(spki).digest('base64'),
  };
}

function der(tag, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const octets = body.length < 0x100 ? [body.length] : [body.length >> 8, body.length & 0xff];
  const length = body.length < 0x80 ? octets : [0x80 | octets.length, ...octets];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...parts) {
  return der(0x30, ...parts);
}

function oid(hex) {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function time(ms) {
  return der(0x17, `${new Date(ms).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`);
}

function pem(bytes) {
  const lines = bytes.toString('base64').match(/.{1,64}/g).join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
