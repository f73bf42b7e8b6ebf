// The authentication value at rest. It is worth something for one payment and a few minutes; that long
// it is sealed and bound to its row, and then it is gone.

import type { Context, Scope } from '#kit/context';
import { hmacSha256, open, seal } from '#kit/crypto';
import type { Uuid } from '#kit/ids';
import { threeDsOf } from './settings.ts';

const boundTo = (scope: Scope, id: Uuid): string =>
  `3ds value ${scope.accountId} ${scope.livemode} ${id}`;

export const sealValue = (context: Context, scope: Scope, id: Uuid, cavv: string): string =>
  seal(context.random, threeDsOf(context).key, Buffer.from(cavv), boundTo(scope, id)).toString(
    'base64',
  );

export const openValue = (context: Context, scope: Scope, id: Uuid, sealed: string): string =>
  open(threeDsOf(context).key, Buffer.from(sealed, 'base64'), boundTo(scope, id)).toString();

/** Keyed, so that nobody finds the value by trying. */
export const digestOf = (context: Context, words: readonly (string | null)[]): string =>
  hmacSha256(threeDsOf(context).key, JSON.stringify(words)).toString('base64url');
