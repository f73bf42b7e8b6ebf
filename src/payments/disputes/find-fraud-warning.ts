import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { left, loadCharges } from '#payments/charges';
import { readOfPayment } from '#payments/intents';
import {
  idWindow,
  list,
  missingIn,
  type Outcome,
  page,
  rowsWithin,
  type TypedRequest,
} from '#platform/http';
import type { disputeFilters } from './dispute-parameters.ts';
import { FRAUD_WARNING, type FraudWarningRow, renderFraudWarning } from './fraud-warning.ts';
import { listFraudWarningRows, loadFraudWarning } from './fraud-warnings.store.ts';

export const retrieveFraudWarning = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Outcome> => {
  const id = parseId(FRAUD_WARNING, spelled);
  const warning = id && (await loadFraudWarning(context, scope, id));
  if (warning) {
    const [now] = await asTheyAre(context, scope, [warning]);
    return { body: renderFraudWarning(now ?? warning, scope.livemode) };
  }
  throw await missingIn(
    scope,
    { noun: 'early_fraud_warning', id: spelled },
    (other) => id && loadFraudWarning(context, other, id),
  );
};

export const listFraudWarnings = async (
  context: Context,
  request: TypedRequest<typeof disputeFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(
    asked,
    { noun: 'early_fraud_warning', prefix: FRAUD_WARNING },
    (id) => loadFraudWarning(context, scope, id),
  );
  const of = await readOfPayment(context, scope, asked);
  const rows = await listFraudWarningRows(context, scope, {
    ...rowsWithin(window, asked.created),
    ...of,
  });
  const { rows: shown, hasMore } = page(rows, window);
  const now = await asTheyAre(context, scope, shown);
  return {
    body: list(request.url, {
      rows: now.map((warning) => renderFraudWarning(warning, scope.livemode)),
      hasMore,
    }),
  };
};

/** What was given back since the warning came is past help. */
const asTheyAre = async (
  context: Context,
  scope: Scope,
  warnings: readonly FraudWarningRow[],
): Promise<readonly FraudWarningRow[]> => {
  if (warnings.length === 0) return warnings;
  const charges = await loadCharges(
    context,
    scope,
    warnings.map(({ chargeId }) => chargeId),
  );
  return warnings.map((warning) => {
    const charge = charges.get(warning.chargeId);
    const isOpen = charge !== undefined && left(charge) > 0n;
    return { ...warning, isActionable: warning.isActionable && isOpen };
  });
};
