// `/l/{id}` names the link and its account, so that it is found without a key. It is meant to be shared, and
// so it has nothing to keep secret.

import type { Scope } from '#kit/context';
import { parseId, spellId, type Uuid } from '#kit/ids';

const SPELLED = 22;

export const spellAddress = (scope: Scope, id: Uuid): string => {
  const [, link = ''] = spellId('l', id).split('_');
  const [, account = ''] = spellId('a', scope.accountId).split('_');
  return `${scope.livemode ? '' : 'test_'}${link}${account}`;
};

export const parseAddress = (spelled: string): { scope: Scope; id: Uuid } | null => {
  const livemode = !spelled.startsWith('test_');
  const rest = livemode ? spelled : spelled.slice('test_'.length);
  if (rest.length !== 2 * SPELLED) return null;
  const id = parseId('x', `x_${rest.slice(0, SPELLED)}`);
  const accountId = parseId('x', `x_${rest.slice(SPELLED)}`);
  return id === null || accountId === null ? null : { scope: { accountId, livemode }, id };
};
