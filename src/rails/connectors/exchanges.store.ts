import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { forgetting, insertRows, rank, spellTime, statement } from '#platform/db';
import type { Exchange } from './exchange.ts';

const insertRow = insertRows({
  name: 'exchanges.insert',
  table: 'rails.exchanges',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    connector_account_id: 'uuid',
    operation_id: 'uuid',
    at: 'timestamptz',
    duration_ms: 'integer',
    method: 'text',
    url: 'text',
    request: 'text',
    status: 'integer',
    response: 'text',
    ended: 'text',
  },
  key: 'id',
  rank: rank.log,
});

/** A text of PostgreSQL holds no zero bytes. */
const text = (given: string): string => given.replaceAll('\u0000', '\u2400');

export const insertExchange = (exchange: Exchange): Write => ({
  into: insertRow,
  row: [
    exchange.scope.accountId,
    exchange.scope.livemode,
    exchange.id,
    exchange.connectorAccountId,
    exchange.operationId,
    spellTime(exchange.atMs),
    Math.round(exchange.durationMs),
    exchange.method,
    text(exchange.url),
    text(exchange.request),
    exchange.status,
    exchange.response === null ? null : text(exchange.response),
    exchange.ended,
  ],
});

const ofOperation = statement(
  'exchanges.of_operation',
  `select id, method, url, request, status, response, ended, duration_ms
     from rails.exchanges where (account_id, livemode) = ($1, $2) and operation_id = $3 order by id`,
);

export const loadExchanges = (
  context: Pick<Context, 'database'>,
  scope: Scope,
  operationId: Uuid,
): Promise<Row[]> =>
  context.database.read(scope, ofOperation, [scope.accountId, scope.livemode, operationId]);

export const forgetExchanges = forgetting(
  'exchanges.forget',
  'select rails.forget_exchanges($1, $2) as gone',
);
