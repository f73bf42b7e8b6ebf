// Where a payer comes back to who was sent away to pay, or to keep a card: an address of ours that names what it is
// about, sealed, so that nobody makes one up. What else stands in it when they come proves nothing.

import { present } from '#kit/assert';
import type { Context, Database, Scope } from '#kit/context';
import { open, seal } from '#kit/crypto';
import { type Uuid, uuidFromBytes, uuidToBytes } from '#kit/ids';

export type ReturnSettings = {
  /** Without a path: `https://pay.example.com`. */
  readonly publicUrl: string;
  /** 32 bytes for this purpose alone. */
  readonly key: Buffer;
};

const provided = new WeakMap<Database, ReturnSettings>();

export const provideReturns = (
  context: Pick<Context, 'database'>,
  settings: ReturnSettings,
): void => {
  provided.set(context.database, settings);
};

const settingsOf = ({ database }: Pick<Context, 'database'>): ReturnSettings =>
  present(provided.get(database), 'Where payers of this process come back to');

/** What the payer was sent away for; an address of the one opens nothing of the other. */
export type ReturnOf = 'payment' | 'setup';

export const returnPaths: Readonly<Record<ReturnOf, string>> = {
  payment: '/back',
  setup: '/back/setup',
};

const purposeOf = (of: ReturnOf): string => `${of} return`;
const BYTES = 33;

export const returnAddressOf = (
  context: Pick<Context, 'database' | 'random'>,
  scope: Scope,
  intentId: Uuid,
  of: ReturnOf = 'payment',
): string => {
  const { key, publicUrl } = settingsOf(context);
  const clear = Buffer.concat([
    uuidToBytes(scope.accountId),
    uuidToBytes(intentId),
    Buffer.from([scope.livemode ? 1 : 0]),
  ]);
  const sealed = seal(context.random, key, clear, purposeOf(of));
  return `${publicUrl}${returnPaths[of]}/${sealed.toString('base64url')}`;
};

export const readReturnToken = (
  context: Pick<Context, 'database'>,
  token: string,
  of: ReturnOf = 'payment',
): { readonly scope: Scope; readonly intentId: Uuid } | null => {
  if (!/^[\w-]{60,120}$/.test(token)) return null;
  try {
    const sealed = Buffer.from(token, 'base64url');
    // Several spellings stand for the same bytes, and one of them is the address.
    if (sealed.toString('base64url') !== token) return null;
    const clear = open(settingsOf(context).key, sealed, purposeOf(of));
    if (clear.length !== BYTES) return null;
    const scope = { accountId: uuidFromBytes(clear.subarray(0, 16)), livemode: clear[32] === 1 };
    return { scope, intentId: uuidFromBytes(clear.subarray(16, 32)) };
  } catch {
    return null;
  }
};
