// `cs_test_…`: whoever knows it may see the page and pay, so nobody can guess it. It names its account too,
// so that a page is found without a key and without looking through the sessions of all accounts.

import { timingSafeEqual } from 'node:crypto';
import type { Context, Scope } from '#kit/context';
import { parseId, spellBytes, spellId, type Uuid } from '#kit/ids';

/** 16 random bytes of its own, beside those of the id itself. */
const SECRET_BYTES = 16;
const SPELLED = 22;

export const newSessionSecret = ({ random }: Pick<Context, 'random'>): string =>
  spellBytes(random.bytes(SECRET_BYTES)).padStart(SPELLED, '0');

const modeOf = (livemode: boolean): 'cs_live' | 'cs_test' => (livemode ? 'cs_live' : 'cs_test');

export const spellSession = (
  scope: Scope,
  session: { readonly id: Uuid; readonly secret: string },
): string => {
  const [, account = ''] = spellId('a', scope.accountId).split('_');
  return `${spellId(modeOf(scope.livemode), session.id)}${account}${session.secret}`;
};

export type SessionNamed = {
  readonly scope: Scope;
  readonly id: Uuid;
  readonly secret: string;
};

/** Null when it is no such id. That there is a session of that name is another question. */
export const parseSession = (spelled: string): SessionNamed | null => {
  const livemode = spelled.startsWith('cs_live_');
  const prefix = modeOf(livemode);
  const rest = spelled.slice(prefix.length + 1);
  if (!spelled.startsWith(`${prefix}_`) || rest.length !== 3 * SPELLED) return null;
  const id = parseId('x', `x_${rest.slice(0, SPELLED)}`);
  const accountId = parseId('x', `x_${rest.slice(SPELLED, 2 * SPELLED)}`);
  if (id === null || accountId === null) return null;
  return { scope: { accountId, livemode }, id, secret: rest.slice(2 * SPELLED) };
};

export const isSecret = (right: string, said: string): boolean => {
  const [a, b] = [Buffer.from(right), Buffer.from(said)];
  return a.length === b.length && timingSafeEqual(a, b);
};
