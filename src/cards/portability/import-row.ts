// One row: a card in the vault, its customer and its payment method, and the memory of all that, in one
// commit. A row that comes to nothing leaves nothing: what was sealed for it is shredded.

import {
  attachMethod,
  createMethodParameters,
  type MadeMethod,
  type MethodData,
  makeMethod,
} from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { ApiError, compileParameters, maskSensitive } from '#platform/http';
import type { CardRow } from './card-row.ts';
import { customerOfRow } from './customer-of-row.ts';
import { type CustomerVerbs, rawOf } from './customer-verbs.ts';
import { type ImportedRow, loadImported, rememberRow } from './imports.store.ts';

export type ImportTarget = {
  readonly scope: Scope;
  readonly source: string;
  readonly importId: string;
  readonly verbs: CustomerVerbs;
  /** Everything is looked at and nothing is written. */
  readonly dryRun: boolean;
};

export type RowOutcome =
  | { readonly kind: 'imported' | 'known'; readonly imported: ImportedRow }
  | { readonly kind: 'refused'; readonly reason: string };

const TRIES_MAX = 10;
const readMethod = compileParameters(createMethodParameters);

export const importRow = async (
  context: Context,
  target: ImportTarget,
  row: CardRow,
): Promise<RowOutcome> => {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    const outcome = await tryRow(context, target, row).catch((error: unknown) => {
      // The vault holds many cards for other callers at the moment: no fault of the row.
      if (error instanceof ApiError && error.status === 503) return 'again' as const;
      if (error instanceof ApiError) return refusal(error);
      throw error;
    });
    if (outcome !== 'again') return outcome;
    await context.clock.sleep(attempt * 50);

    // Another import was faster with this very card, or with its customer.
    const known = await loadImported(context, target.scope, target.source, [row.rowKey]);
    const imported = known.get(row.rowKey);
    if (imported !== undefined) return { kind: 'known', imported };
  }
  return {
    kind: 'refused',
    reason: 'It could not be stored for now: run the import again.',
  };
};

const tryRow = async (
  context: Context,
  target: ImportTarget,
  row: CardRow,
): Promise<RowOutcome | 'again'> => {
  const { scope, source } = target;
  const asked = readMethod(rawOf(row.method)).values as MethodData;
  const customer = await customerOfRow(context, { ...target, asked: row.customer });

  const made = await makeMethod(context, scope, asked, '');
  const outcome = await undoing(made, async () => {
    // The method is written as it is attached, in one row; what making it alone would write is not.
    const { method, writes } = attachMethod(context, {
      scope,
      found: { method: made.method, isNew: true },
      customerId: customer.id,
      request: {
        requestId: present(context.actor.requestId, 'a request id'),
        idempotencyKey: null,
      },
    });
    const imported = {
      rowKey: row.rowKey,
      importId: target.importId,
      rowNumber: row.row,
      externalId: row.externalId,
      methodId: method.id,
      customerId: customer.id,
    };
    if (target.dryRun) return { kind: 'imported', imported } as const;
    const commit = await context.database.commit(scope, [
      rememberRow(context, scope, source, imported),
      ...customer.writes,
      ...writes,
    ]);
    return commit.ok ? ({ kind: 'imported', imported } as const) : 'again';
  });
  if (outcome === 'again') await made.undo();
  return outcome;
};

const undoing = async <T>(made: MadeMethod, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError) await made.undo();
    throw error;
  }
};

/** The words of the API, which never repeat a number; the name of the parameter tells which column. */
const refusal = (error: ApiError): RowOutcome => ({
  kind: 'refused',
  reason: maskSensitive(
    error.param === undefined || error.message.includes(error.param)
      ? error.message
      : `${error.message} (${error.param})`,
  ),
});
