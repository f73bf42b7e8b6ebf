// Cards come in from an encrypted file. It is read twice: once to its end, which shows that it is whole,
// unchanged and free of what must not be stored, and then row by row. The second reading can end
// anywhere and begin again, because every row that was taken is remembered with its card.

import type { PrivateKey } from 'openpgp';
import { findCustomer } from '#cards/customers';
import { CUSTOMER, loadMethods, parseMethodId, spellMethod } from '#cards/methods';
import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { newRequestId } from '#platform/http';
import type { Columns } from './card-columns.ts';
import { type CardRow, cardRowOf, hasCard, type RefusedRow } from './card-row.ts';
import { csvLine } from './csv.ts';
import type { CustomerVerbs } from './customer-verbs.ts';
import { dryContext } from './dry-run.ts';
import { ForbiddenColumn, PortabilityError } from './failures.ts';
import { type ImportTarget, importRow, type RowOutcome } from './import-row.ts';
import { type ImportedRow, loadImported } from './imports.store.ts';
import { decryptFile } from './pgp-streams.ts';
import { alone, openLines } from './private-files.ts';
import { type Format, type Row, readRows } from './read-rows.ts';

export type ImportRequest = {
  readonly scope: Scope;
  readonly file: string;
  readonly key: PrivateKey;
  readonly format: Format | null;
  readonly columns: Columns;
  /** Where the cards come from: ids are known again within it. */
  readonly source: string;
  readonly dryRun: boolean;
  /** External id to ours; not written by a dry run. */
  readonly mappingFile: string;
  readonly refusedFile: string;
  readonly verbs: CustomerVerbs;
  readonly onProgress?: (done: number, total: number) => void;
};

export type ImportSummary = {
  readonly importId: string;
  readonly rows: number;
  readonly imported: number;
  /** Taken by an earlier run, or by an earlier file. */
  readonly known: number;
  readonly withoutCard: number;
  readonly refused: number;
};

const ROWS_AT_ONCE = 64;
const CUSTOMERS_AT_ONCE = 8;
const DEFAULT_TRIES_MAX = 5;

export const importCards = (context: Context, request: ImportRequest): Promise<ImportSummary> =>
  alone(request.mappingFile, () => importAlone(context, request));

const importAlone = async (given: Context, request: ImportRequest): Promise<ImportSummary> => {
  const { rows: total, importId } = await inspect(request);
  const requestId = newRequestId(given.random);
  const actor = { ...given.actor, requestId };
  const context = { ...(request.dryRun ? dryContext(given) : given), actor };
  const target: ImportTarget = { ...request, importId };

  if (!request.dryRun) await note(context, target, 'cards.import.start', { rows: total });
  const counts = { imported: 0, known: 0, withoutCard: 0, refused: 0 };
  try {
    await takeRows(context, target, request, { total, counts });
  } catch (error) {
    // The reason may be that the database is away; it is what has to be told.
    if (!request.dryRun) {
      await note(context, target, 'cards.import.fail', counts, false).catch(() => {});
    }
    throw error;
  }
  if (!request.dryRun) await note(context, target, 'cards.import.finish', counts);
  return { importId, rows: total, ...counts };
};

/** Nothing of the file counts before its last byte was found to be right. */
const inspect = async (request: ImportRequest): Promise<{ rows: number; importId: string }> => {
  const file = await decryptFile(request.file, request.key);
  const clear = file.clear[Symbol.asyncIterator]();
  let rows = 0;
  try {
    for await (const row of readRows(leftOpen(clear), request)) {
      rows = row.number;
      row.metadata('metadata');
      row.metadata('card_metadata');
    }
  } catch (error) {
    // What cannot be read may have been changed on its way, which only the end can tell.
    if (error instanceof PortabilityError && !(error instanceof ForbiddenColumn)) {
      while ((await clear.next()).done !== true);
    }
    throw error;
  } finally {
    await clear.return?.();
  }
  return { rows, importId: file.sha256().slice(0, 32) };
};

const leftOpen = <T>(items: AsyncIterator<T>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => ({ next: () => items.next() }),
});

type Counts = { imported: number; known: number; withoutCard: number; refused: number };

const takeRows = async (
  context: Context,
  target: ImportTarget,
  request: ImportRequest,
  { total, counts }: { readonly total: number; readonly counts: Counts },
): Promise<void> => {
  const reports = await openReports(request);
  try {
    const file = await decryptFile(request.file, request.key);
    let batch: Row[] = [];
    const take = async (): Promise<void> => {
      const outcomes = await takeBatch(context, target, batch);
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome === 'without card') counts.withoutCard += 1;
        else {
          counts[outcome.kind] += 1;
          await reports.add((batch[at] as Row).number, outcome);
        }
      }
      request.onProgress?.(batch.at(-1)?.number ?? 0, total);
      batch = [];
    };
    for await (const row of readRows(file.clear, request)) {
      batch.push(row);
      if (batch.length === ROWS_AT_ONCE) await take();
    }
    if (batch.length > 0) await take();
    if (file.sha256().slice(0, 32) !== target.importId) {
      throw new PortabilityError('The file was changed while it was read: run the import again.');
    }
    await reports.finish();
  } catch (error) {
    await reports.abandon();
    throw error;
  }
};

type Taken = (RowOutcome & { readonly customerExternalId?: string | null }) | 'without card';

/** In the order of the rows. Rows of one customer wait for each other, so that it is made once. */
const takeBatch = async (
  context: Context,
  target: ImportTarget,
  batch: readonly Row[],
): Promise<Taken[]> => {
  const asked = batch.map((row) => (hasCard(row) ? cardRowOf(row, target.importId) : null));
  const cards = asked.filter((row): row is CardRow => row !== null && 'rowKey' in row);
  const known = await knownOf(context, target, cards);

  const outcomes: Taken[] = asked.map((row) => (row === null ? 'without card' : refused(row)));
  const queues = Map.groupBy(cards, customerKey);
  const waiting = [...queues.values()];
  const work = async (): Promise<void> => {
    for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) {
      for (const row of queue) {
        const outcome = await takeRow(context, target, row, known);
        outcomes[asked.indexOf(row)] = { ...outcome, customerExternalId: row.customer.externalId };
      }
    }
  };
  await Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, work));
  return outcomes;
};

const refused = (row: CardRow | RefusedRow): RowOutcome => ({
  kind: 'refused',
  reason: 'reason' in row ? row.reason : '',
});

const customerKey = (row: CardRow): string =>
  row.customer.ownId ?? row.customer.externalId ?? row.rowKey;

type Known = { readonly imported: ImportedRow; readonly last4: string | null };

/** What was taken before, and what was never away: a card of this very account. */
const knownOf = async (
  context: Context,
  target: ImportTarget,
  cards: readonly CardRow[],
): Promise<Map<string, Known>> => {
  const { scope } = target;
  const rows = await loadImported(
    context,
    scope,
    target.source,
    cards.map(({ rowKey }) => rowKey),
  );
  const own = cards.flatMap(({ externalId }) => parseMethodId(externalId ?? '') ?? []);
  const ids = [...[...rows.values()].map(({ methodId }) => methodId), ...own];
  const methods = ids.length === 0 ? new Map() : await loadMethods(context, scope, ids);

  const known = new Map<string, Known>();
  for (const row of cards) {
    const imported = rows.get(row.rowKey);
    if (imported !== undefined) {
      const last4 = methods.get(imported.methodId)?.card?.last4 ?? null;
      known.set(row.rowKey, { imported, last4 });
      continue;
    }
    const method = methods.get(parseMethodId(row.externalId ?? '') ?? '');
    if (method === undefined || spellMethod(method) !== row.externalId) continue;
    known.set(row.rowKey, {
      imported: {
        rowKey: row.rowKey,
        importId: '',
        rowNumber: 0,
        externalId: row.externalId,
        methodId: method.id,
        customerId: method.customerId ?? '',
      },
      last4: method.card?.last4 ?? null,
    });
  }
  return known;
};

const takeRow = async (
  context: Context,
  target: ImportTarget,
  row: CardRow,
  known: Map<string, Known>,
): Promise<RowOutcome> => {
  const before = known.get(row.rowKey);
  if (before !== undefined) {
    const { imported, last4 } = before;
    if (imported.importId === target.importId && imported.rowNumber !== row.row) {
      const reason = `The id of the card stands in row ${imported.rowNumber} already.`;
      return { kind: 'refused', reason };
    }
    // Silence here would lose a card.
    if (last4 !== null && last4 !== row.last4) {
      const reason =
        'The id of the card belongs to another card that was imported before: if this one comes from another provider, name it with --from.';
      return { kind: 'refused', reason };
    }
    await makeDefault(context, target, row, imported);
    return { kind: 'known', imported };
  }
  const outcome = await importRow(context, target, row);
  if (outcome.kind !== 'refused') {
    known.set(row.rowKey, { imported: outcome.imported, last4: row.last4 });
    await makeDefault(context, target, row, outcome.imported);
  }
  return outcome;
};

/**
 * A change of its own, since the customer must have the card first. Done again it changes nothing, and a
 * default that the merchant or the payer chose meanwhile stays.
 */
const makeDefault = async (
  context: Context,
  target: ImportTarget,
  row: CardRow,
  { methodId, customerId }: ImportedRow,
): Promise<void> => {
  const { scope, verbs } = target;
  if (!row.isDefault || target.dryRun || customerId === '') return;
  const spelled = spellId(CUSTOMER, customerId);
  for (let attempt = 1; attempt <= DEFAULT_TRIES_MAX; attempt += 1) {
    const customer = await findCustomer(context, scope, spelled);
    if (customer.deleted || customer.default_payment_method !== null) return;
    const method = (await loadMethods(context, scope, [methodId])).get(methodId);
    if (method?.customerId !== customerId) return;
    const { writes } = await verbs.makeDefault(context, scope, spelled, spellMethod(method));
    if ((await context.database.commit(scope, writes)).ok) return;
  }
};

const openReports = async (request: ImportRequest) => {
  const mapping = request.dryRun ? null : await openLines(request.mappingFile);
  const refusedRows = await openLines(request.refusedFile);
  await mapping?.add('external_id,payment_method,customer_external_id,customer');
  await refusedRows.add('row,reason');
  return {
    add: async (row: number, outcome: Exclude<Taken, 'without card'>): Promise<void> => {
      if (outcome.kind === 'refused') {
        await refusedRows.add(csvLine([String(row), outcome.reason]));
        return;
      }
      const { imported, customerExternalId } = outcome;
      await mapping?.add(
        csvLine([
          imported.externalId ?? '',
          imported.importId === '' ? (imported.externalId ?? '') : spellId('pm', imported.methodId),
          customerExternalId ?? '',
          imported.customerId === '' ? '' : spellId(CUSTOMER, imported.customerId),
        ]),
      );
    },
    finish: async (): Promise<void> => {
      await mapping?.finish();
      await refusedRows.finish();
    },
    abandon: async (): Promise<void> => {
      await mapping?.abandon();
      await refusedRows.abandon();
    },
  };
};

const note = async (
  context: Context,
  target: ImportTarget,
  action: string,
  counts: Readonly<Record<string, number>>,
  succeeded = true,
): Promise<void> => {
  const { scope, importId, source } = target;
  await context.database.commit(scope, [
    auditEntry(context, {
      scope,
      action,
      target: importId,
      succeeded,
      details: { source, ...counts },
    }),
  ]);
};
