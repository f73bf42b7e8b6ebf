import type { Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  insertRows,
  listPages,
  type MadeWithin,
  madeWithin,
  oneOf,
  type PageOfRows,
  rank,
} from '#platform/db';
import type { FraudWarningRow } from './fraud-warning.ts';

const insertWarningRow = insertRows({
  name: 'fraud_warnings.insert',
  table: 'payments.fraud_warnings',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    charge_id: 'uuid',
    intent_id: 'uuid',
    connector_account_id: 'uuid',
    provider_id: 'text',
    details: 'json',
  },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});

export const insertFraudWarning = (
  scope: Scope,
  connectorAccountId: Uuid,
  warning: FraudWarningRow,
): Write => {
  const { id, chargeId, intentId, providerId, ...details } = warning;
  return {
    into: insertWarningRow,
    row: [
      scope.accountId,
      scope.livemode,
      id,
      chargeId,
      intentId,
      connectorAccountId,
      providerId,
      JSON.stringify(details),
    ],
  };
};

type WarningRow = Row & {
  readonly id: Uuid;
  readonly charge_id: Uuid;
  readonly intent_id: Uuid;
  readonly provider_id: string;
  readonly details: Pick<FraudWarningRow, 'isDirect' | 'isActionable'>;
  readonly is_contested: boolean;
};

/** Nothing can be done any more once the holder contested it, however that ended. */
const fromRow = (row: WarningRow): FraudWarningRow => ({
  id: row.id,
  chargeId: row.charge_id,
  intentId: row.intent_id,
  providerId: row.provider_id,
  ...row.details,
  isActionable: row.details.isActionable && !row.is_contested,
});

const stored = {
  select: `id, charge_id, intent_id, provider_id, details,
       exists (select 1 from payments.disputes d
                where (d.account_id, d.livemode, d.charge_id)
                    = (w.account_id, w.livemode, w.charge_id)) as is_contested`,
  from: 'payments.fraud_warnings w',
  fromRow,
};

export const loadFraudWarnings = findByIds({ name: 'fraud_warnings.find', ...stored });
export const loadFraudWarning = oneOf(loadFraudWarnings);

export type FraudWarningFilter = PageOfRows &
  MadeWithin & { readonly chargeId: Uuid | null; readonly intentId: Uuid | null };

export const listFraudWarningRows = listPages({
  name: 'fraud_warnings.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: FraudWarningFilter) => [idFrom, idBefore],
  asked: ({ chargeId, intentId }) => ({ charge_id: chargeId, intent_id: intentId }),
});
