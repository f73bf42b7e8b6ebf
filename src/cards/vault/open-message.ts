// What a browser sealed: opened once, soon, and for whom it was made. The number never becomes text on
// the way: the payload is read as bytes and its digits are copied from there.

import { asObject, decryptJwe, hasExactly, parseJwe, parseObject } from './jwe.ts';
import { claimMessage } from './messages.store.ts';
import type { ReceiveRefusal, SealedMessage } from './vault.ts';
import type { VaultParts } from './vault-context.ts';

export type MessageCard = {
  readonly number?: Buffer;
  readonly cvc?: Buffer;
  readonly expMonth?: number;
  readonly expYear?: number;
  readonly name?: string;
};

export type OpenedMessage = { readonly ok: true; readonly card: MessageCard };

const VALID_MS = 10 * 60_000;
/** A phone's clock may be ahead of ours by so much. */
const AHEAD_MS = 60_000;

export const openMessage = async (
  vault: VaultParts,
  sealed: SealedMessage,
): Promise<OpenedMessage | ReceiveRefusal> => {
  const { context } = vault;

  const jwe = parseJwe(sealed.jwe);
  if (jwe === null) return refuse('message_malformed');
  const privateKey = await vault.browserKeys.privateKey(jwe.header.kid);
  if (privateKey === null) return refuse('message_key_unknown');
  const clear = decryptJwe(jwe, privateKey);
  if (clear === null) return refuse('message_malformed');
  const payload = readPayload(clear);
  clear.fill(0);
  if (payload === null) return refuse('message_malformed');

  const { audience, issuedMs, jti, card } = payload;
  const checked = async (): Promise<ReceiveRefusal['code'] | null> => {
    if (!sealed.audiences.includes(audience)) return 'message_not_for_you';
    const ageMs = context.clock.now() - issuedMs;
    if (ageMs > VALID_MS || ageMs < -AHEAD_MS) return 'message_expired';
    const expiresAt = issuedMs + VALID_MS + AHEAD_MS;
    return (await claimMessage(context, { kid: jwe.header.kid, jti, expiresAt }))
      ? null
      : 'message_used';
  };
  const code = await checked().catch((error: unknown) => {
    wipeMessage(card);
    throw error;
  });
  if (code === null) return { ok: true, card };
  wipeMessage(card);
  return refuse(code);
};

const refuse = (code: ReceiveRefusal['code']): ReceiveRefusal => ({ ok: false, code });

const wipeMessage = ({ number, cvc }: MessageCard): void => {
  number?.fill(0);
  cvc?.fill(0);
};

type Payload = {
  readonly audience: string;
  readonly issuedMs: number;
  readonly jti: string;
  readonly card: MessageCard;
};

/** JSON makes text of the digits for a moment; nothing but this function ever refers to it. */
const readPayload = (clear: Buffer): Payload | null => {
  const payload = parseObject(clear);
  if (!payload || !hasExactly(payload, ['aud', 'card', 'iat', 'jti'])) return null;
  const { aud, iat, jti } = payload;
  if (typeof aud !== 'string' || aud.length === 0 || aud.length > 200) return null;
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat) || iat < 0) return null;
  if (typeof jti !== 'string' || !/^[0-9A-Za-z_-]{16,64}$/.test(jti)) return null;
  const card = readCard(asObject(payload['card']));
  return card && { audience: aud, issuedMs: iat * 1000, jti, card };
};

const cardFields = new Set(['number', 'cvc', 'exp_month', 'exp_year', 'name']);

const readCard = (given: Record<string, unknown> | null): MessageCard | null => {
  if (given === null || Object.keys(given).some((name) => !cardFields.has(name))) return null;
  const { number, cvc, exp_month: expMonth, exp_year: expYear, name } = given;
  if (!isText(number, 64) || !isText(cvc, 16) || !isText(name, 200)) return null;
  if (!isCount(expMonth) || !isCount(expYear)) return null;
  return {
    ...(number === undefined ? {} : { number: Buffer.from(number) }),
    ...(cvc === undefined ? {} : { cvc: Buffer.from(cvc) }),
    ...(expMonth === undefined ? {} : { expMonth }),
    ...(expYear === undefined ? {} : { expYear }),
    ...(name === undefined ? {} : { name }),
  };
};

const isText = (value: unknown, most: number): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value.length <= most);

const isCount = (value: unknown): value is number | undefined =>
  value === undefined || (typeof value === 'number' && Number.isSafeInteger(value));
