import type { Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { findById, insertRows, rank, writeRows } from '#platform/db';
import type { Token } from './token.ts';

type TokenRow = Row & {
  readonly id: Uuid;
  readonly type: Token['type'];
  readonly used: boolean;
  readonly card_id: Uuid | null;
  readonly details: Pick<Token, 'cvcRef' | 'clientIp' | 'card'>;
};

const insertTokenRow = insertRows({
  name: 'tokens.insert',
  table: 'cards.tokens',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    type: 'text',
    card_id: 'uuid',
    details: 'json',
  },
  key: 'id',
  rank: rank.insert,
});

// Once: the second who comes finds it used, and loses.
const useTokenRow = writeRows({
  name: 'tokens.use',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid' },
  key: 'id',
  rank: rank.claim,
  text: (given) => `update cards.tokens t set used = true, card_id = null
  from ${given}
 where t.account_id = given.account_id and t.livemode = given.livemode and t.id = given.id
   and not t.used
returning t.id::text as key`,
});

export const insertToken = (scope: Scope, token: Token): Write => {
  const { id, type, cardId, cvcRef, clientIp, card } = token;
  return {
    into: insertTokenRow,
    row: [
      scope.accountId,
      scope.livemode,
      id,
      type,
      cardId,
      JSON.stringify({ cvcRef, clientIp, card }),
    ],
  };
};

export const useToken = (scope: Scope, id: Uuid): Write => ({
  into: useTokenRow,
  row: [scope.accountId, scope.livemode, id],
});

export const loadToken = findById({
  name: 'tokens.find',
  select: 'id, type, used, card_id, details',
  from: 'cards.tokens',
  fromRow: ({ card_id, details, ...token }: TokenRow): Token => ({
    id: token.id,
    type: token.type,
    used: token.used,
    cardId: card_id,
    ...details,
  }),
});
