// A passkey in software: ES256, discoverable, synced (WebAuthn Level 3 §6.1).

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const PRESENT_VERIFIED_SYNCED = 0x1d;
const ATTESTED = 0x40;

const sha256 = (data) => createHash('sha256').update(data).digest();
const text = (bytes) => Buffer.from(bytes).toString('base64url');

export class Passkey {
  /** One for these creation options, and the answer to them. */
  static create(options, origin) {
    const passkey = new Passkey();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    Object.assign(passkey, { privateKey, id: randomBytes(32), userHandle: options.user.id, rpId: options.rp.id, origin });
    const { x, y } = publicKey.export({ format: 'jwk' });
    // {1: 2, 3: -7, -1: 1, -2: x, -3: y}: ES256 on P-256 (RFC 9053).
    const cose = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
    const data = Buffer.concat([passkey.#data(PRESENT_VERIFIED_SYNCED | ATTESTED), Buffer.alloc(16), Buffer.from([0, 32]), passkey.id, cose]);
    // {"fmt": "none", "attStmt": {}, "authData": data}
    const length = Buffer.alloc(2);
    length.writeUInt16BE(data.length);
    const attestation = Buffer.concat([Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'), length, data]);
    const answer = passkey.#answer({
      clientDataJSON: text(passkey.#clientData('webauthn.create', options)),
      attestationObject: text(attestation),
      transports: ['internal', 'hybrid'],
    });
    return [passkey, answer];
  }

  /** The answer to these request options. */
  get(options) {
    const clientData = this.#clientData('webauthn.get', options);
    const data = this.#data(PRESENT_VERIFIED_SYNCED);
    return this.#answer({
      clientDataJSON: text(clientData),
      authenticatorData: text(data),
      signature: text(sign('sha256', Buffer.concat([data, sha256(clientData)]), this.privateKey)),
      userHandle: this.userHandle,
    });
  }

  #answer(response) {
    const id = text(this.id);
    return { id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {}, response };
  }

  #clientData(type, { challenge }) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  #data(flags) {
    return Buffer.concat([sha256(this.rpId), Buffer.from([flags]), Buffer.alloc(4)]);
  }
}
