// Card fields sealed as a browser seals them: a compact JWE, ECDH-ES with A256GCM (RFC 7516, RFC 7518).

import { createCipheriv, createECDH, hash, randomBytes } from 'node:crypto';

/** The answer of `GET /v1/vault/key`. */
export type SealingKey = {
  readonly kid: string;
  readonly jwk: { readonly x: string; readonly y: string };
  readonly audience: string;
};

export type Sealing = {
  readonly key: SealingKey;
  readonly card: Readonly<Record<string, unknown>>;
  /** In place of what the key names, the time of now, and the key's own id. */
  readonly audience?: string;
  readonly issuedAt?: number;
  readonly kid?: string;
};

export const sealCard = ({ key, card, ...changes }: Sealing): string => {
  const head = { alg: 'ECDH-ES', enc: 'A256GCM', kid: changes.kid ?? key.kid };
  const payload = {
    aud: changes.audience ?? key.audience,
    iat: changes.issuedAt ?? Math.floor(Date.now() / 1000),
    jti: randomBytes(16).toString('base64url'),
    card,
  };

  const pair = createECDH('prime256v1');
  const point = pair.generateKeys();
  const epk = {
    kty: 'EC',
    crv: 'P-256',
    x: base64(point.subarray(1, 33)),
    y: base64(point.subarray(33)),
  };
  const protectedHead = base64(JSON.stringify({ ...head, epk }));
  const theirs = [
    Buffer.of(4),
    Buffer.from(key.jwk.x, 'base64url'),
    Buffer.from(key.jwk.y, 'base64url'),
  ];
  const nonce = randomBytes(12);
  const cipher = createCipheriv(
    'aes-256-gcm',
    contentKey(pair.computeSecret(Buffer.concat(theirs))),
    nonce,
  );
  cipher.setAAD(Buffer.from(protectedHead));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()]);
  return [protectedHead, '', base64(nonce), base64(sealed), base64(cipher.getAuthTag())].join('.');
};

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64url');

/** One round of the Concat KDF, for a key of 256 bits. */
const contentKey = (shared: Buffer): Buffer => {
  const counted = (text: string): Buffer =>
    Buffer.concat([number32(text.length), Buffer.from(text)]);
  const info = [counted('A256GCM'), counted(''), counted(''), number32(256)];
  return hash('sha256', Buffer.concat([number32(1), shared, ...info]), 'buffer');
};

const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
