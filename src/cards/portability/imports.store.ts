import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, spellTime, statement } from '#platform/db';

export type ImportedRow = {
  readonly rowKey: string;
  readonly importId: string;
  readonly rowNumber: number;
  readonly externalId: string | null;
  readonly methodId: Uuid;
  readonly customerId: Uuid;
};

// Who remembers a row first writes its card: whoever comes second loses here, before anything else.
const insertImport = insertRows({
  name: 'imports.insert',
  table: 'cards.imports',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    source: 'text',
    row_key: 'text',
    import_id: 'text',
    row_number: 'integer',
    external_id: 'text',
    method_id: 'uuid',
    customer_id: 'uuid',
    imported_at: 'timestamptz',
  },
  key: 'method_id',
  rank: rank.claim,
  orNothing: true,
});

const insertImportedCustomer = insertRows({
  name: 'imported_customers.insert',
  table: 'cards.imported_customers',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    source: 'text',
    external_id: 'text',
    customer_id: 'uuid',
  },
  key: 'customer_id',
  rank: rank.claim,
  orNothing: true,
});

export const rememberRow = (
  context: Pick<Context, 'clock'>,
  scope: Scope,
  source: string,
  row: ImportedRow,
): Write => ({
  into: insertImport,
  row: [
    scope.accountId,
    scope.livemode,
    source,
    row.rowKey,
    row.importId,
    row.rowNumber,
    row.externalId,
    row.methodId,
    row.customerId,
    spellTime(context.clock.now()),
  ],
});

export const rememberCustomer = (
  scope: Scope,
  source: string,
  externalId: string,
  customerId: Uuid,
): Write => ({
  into: insertImportedCustomer,
  row: [scope.accountId, scope.livemode, source, externalId, customerId],
});

const ownRows = 'account_id = $1 and livemode = $2 and source = $3';

const findRows = statement(
  'imports.find',
  `select row_key, import_id, row_number, external_id, method_id, customer_id
     from cards.imports where ${ownRows} and row_key = any($4::text[])`,
);
const findCustomer = statement(
  'imported_customers.find',
  `select customer_id from cards.imported_customers where ${ownRows} and external_id = $4`,
);

type StoredRow = Row & {
  readonly row_key: string;
  readonly import_id: string;
  readonly row_number: number;
  readonly external_id: string | null;
  readonly method_id: Uuid;
  readonly customer_id: Uuid;
};

export const loadImported = async (
  context: Context,
  scope: Scope,
  source: string,
  rowKeys: readonly string[],
): Promise<Map<string, ImportedRow>> => {
  const values = [scope.accountId, scope.livemode, source, rowKeys];
  const rows = await context.database.read<StoredRow>(scope, findRows, values);
  return new Map(
    rows.map((row) => [
      row.row_key,
      {
        rowKey: row.row_key,
        importId: row.import_id,
        rowNumber: row.row_number,
        externalId: row.external_id,
        methodId: row.method_id,
        customerId: row.customer_id,
      },
    ]),
  );
};

export const loadImportedCustomer = async (
  context: Context,
  scope: Scope,
  source: string,
  externalId: string,
): Promise<Uuid | null> => {
  const values = [scope.accountId, scope.livemode, source, externalId];
  const [row] = await context.database.read<{ customer_id: Uuid }>(scope, findCustomer, values);
  return row?.customer_id ?? null;
};
