import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
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

const findOne = statement(
  'tokens.find',
  `select id, type, used, card_id, details from cards.tokens
    where account_id = $1 and livemode = $2 and id = $3`,
);

export const loadToken = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Token | undefined> => {
  const [row] = await context.database.read<TokenRow>(scope, findOne, [
    scope.accountId,
    scope.livemode,
    id,
  ]);
  return row && { id: row.id, type: row.type, used: row.used, cardId: row.card_id, ...row.details };
};
