// The one shape of a JSON Web Encryption that is opened here: compact, ECDH-ES directly to the content
// key, A256GCM (RFC 7516, RFC 7518). The header may say nothing else, so nothing can be negotiated.

import {
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';

export type JweHeader = {
  readonly kid: string;
  readonly epk: {
    readonly kty: 'EC';
    readonly crv: 'P-256';
    readonly x: string;
    readonly y: string;
  };
};

export type Jwe = {
  readonly header: JweHeader;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
  /** What the tag vouches for besides the ciphertext: the header as it was spelled. */
  readonly bound: Buffer;
};

export const MESSAGE_LENGTH_MAX = 4096;
const ALGORITHM = 'A256GCM';
const CONTENT_KEY_BITS = 256;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const COORDINATE_BYTES = 32;

export const parseJwe = (text: string): Jwe | null => {
  if (text.length > MESSAGE_LENGTH_MAX) return null;
  const parts = text.split('.');
  const [head, encryptedKey, iv, body, mac] = parts;
  if (parts.length !== 5 || head === undefined || encryptedKey !== '') return null;

  const nonce = decode(iv);
  const ciphertext = decode(body);
  const tag = decode(mac);
  const header = parseHeader(decode(head));
  if (!header || nonce?.length !== NONCE_BYTES || tag?.length !== TAG_BYTES || !ciphertext) {
    return null;
  }
  return { header, nonce, ciphertext, tag, bound: Buffer.from(head) };
};

/** Null when anything was changed. The caller zeroes what it gets. */
export const decryptJwe = (jwe: Jwe, privateKey: KeyObject): Buffer | null => {
  let publicKey: KeyObject;
  try {
    // Refuses a point that is not on the curve.
    publicKey = createPublicKey({ key: { ...jwe.header.epk }, format: 'jwk' });
  } catch {
    return null;
  }
  const shared = diffieHellman({ privateKey, publicKey });
  const key = concatKdf(shared, { algorithm: ALGORITHM, bits: CONTENT_KEY_BITS });
  shared.fill(0);
  const decipher = createDecipheriv('aes-256-gcm', key, jwe.nonce, { authTagLength: TAG_BYTES });
  key.fill(0);
  decipher.setAAD(jwe.bound);
  decipher.setAuthTag(jwe.tag);
  const clear = decipher.update(jwe.ciphertext);
  try {
    decipher.final();
    return clear;
  } catch {
    clear.fill(0);
    return null;
  }
};

/** RFC 7518, section 4.6.2: one round of SHA-256 gives as many bits as are ever asked for here. */
export const concatKdf = (
  shared: Buffer,
  to: {
    readonly algorithm: string;
    readonly bits: number;
    readonly apu?: string;
    readonly apv?: string;
  },
): Buffer => {
  const { algorithm, bits, apu = '', apv = '' } = to;
  const digest = createHash('sha256')
    .update(number32(1))
    .update(shared)
    .update(counted(algorithm))
    .update(counted(apu))
    .update(counted(apv))
    .update(number32(bits))
    .digest();
  return digest.subarray(0, bits / 8);
};

const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const counted = (text: string): Buffer =>
  Buffer.concat([number32(Buffer.byteLength(text)), Buffer.from(text)]);

/** One spelling per value: what does not spell back the same is refused. */
const decode = (text: string | undefined): Buffer | null => {
  if (text === undefined || !/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
};

const parseHeader = (bytes: Buffer | null): JweHeader | null => {
  const header = bytes && parseObject(bytes);
  if (!header || !hasExactly(header, ['alg', 'enc', 'epk', 'kid'])) return null;
  if (header['alg'] !== 'ECDH-ES' || header['enc'] !== ALGORITHM) return null;
  const { kid } = header;
  if (typeof kid !== 'string' || !/^[0-9A-Za-z_-]{1,64}$/.test(kid)) return null;

  const epk = asObject(header['epk']);
  if (!epk || !hasExactly(epk, ['crv', 'kty', 'x', 'y'])) return null;
  if (epk['kty'] !== 'EC' || epk['crv'] !== 'P-256') return null;
  const { x, y } = epk;
  if (typeof x !== 'string' || typeof y !== 'string') return null;
  if (decode(x)?.length !== COORDINATE_BYTES || decode(y)?.length !== COORDINATE_BYTES) return null;
  return { kid, epk: { kty: 'EC', crv: 'P-256', x, y } };
};

export const parseObject = (bytes: Buffer): Record<string, unknown> | null => {
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
};

export const asObject = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;

export const hasExactly = (object: object, names: readonly string[]): boolean => {
  const own = Object.keys(object).sort();
  return own.length === names.length && own.every((name, n) => name === names[n]);
};
