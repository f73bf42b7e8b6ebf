// The addresses of an authentication. Whoever has one may use it, so it cannot be guessed: it carries
// account, mode and id, sealed for one purpose. The one for results is told to the directory server
// alone, and never to a browser, so that no payer can send a result of their own.

import type { Context, Scope } from '#kit/context';
import { open, seal } from '#kit/crypto';
import { type Uuid, uuidFromBytes, uuidToBytes } from '#kit/ids';
import { threeDsOf } from './settings.ts';

export type Purpose = 'page' | 'results';
export type Addressed = { readonly scope: Scope; readonly id: Uuid };

const BYTES = 33;

const tokenFor = (
  context: Pick<Context, 'database' | 'random'>,
  purpose: Purpose,
  { scope, id }: Addressed,
): string => {
  const clear = Buffer.concat([
    uuidToBytes(scope.accountId),
    uuidToBytes(id),
    Buffer.from([scope.livemode ? 1 : 0]),
  ]);
  return seal(context.random, threeDsOf(context).key, clear, `3ds ${purpose}`).toString(
    'base64url',
  );
};

export const readToken = (
  context: Pick<Context, 'database'>,
  purpose: Purpose,
  token: string,
): Addressed | null => {
  if (!/^[\w-]{60,120}$/.test(token)) return null;
  try {
    const sealed = Buffer.from(token, 'base64url');
    // Several spellings stand for the same bytes, and one of them is the address.
    if (sealed.toString('base64url') !== token) return null;
    const clear = open(threeDsOf(context).key, sealed, `3ds ${purpose}`);
    if (clear.length !== BYTES) return null;
    const scope = { accountId: uuidFromBytes(clear.subarray(0, 16)), livemode: clear[32] === 1 };
    return { scope, id: uuidFromBytes(clear.subarray(16, 32)) };
  } catch {
    return null;
  }
};

export const pageUrl = (context: Context, addressed: Addressed): string =>
  `${threeDsOf(context).publicUrl}/3ds/${tokenFor(context, 'page', addressed)}`;

export const returnUrl = (context: Context, addressed: Addressed): string =>
  `${pageUrl(context, addressed)}/return`;

export const resultsUrl = (context: Context, addressed: Addressed): string =>
  `${threeDsOf(context).publicUrl}/3ds/results/${tokenFor(context, 'results', addressed)}`;
