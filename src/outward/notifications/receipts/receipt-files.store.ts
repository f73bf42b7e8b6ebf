import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { forgetting, ownRows, rank, readOwn, statement, writeRows } from '#platform/db';

export type ReceiptFile = {
  readonly chargeId: Uuid;
  readonly locale: string;
  readonly digest: Buffer;
  readonly pdf: Buffer;
};

const find = statement(
  'receipt_files.find',
  `select digest, pdf from outward.receipt_files
    where ${ownRows} and charge_id = $3 and locale = $4`,
);

export const loadReceiptFile = async (
  context: Context,
  scope: Scope,
  { chargeId, locale }: Pick<ReceiptFile, 'chargeId' | 'locale'>,
): Promise<Pick<ReceiptFile, 'digest' | 'pdf'> | undefined> => {
  const [row] = await readOwn<{ digest: Buffer; pdf: Buffer }>(context, scope, find, [
    chargeId,
    locale,
  ]);
  return row;
};

const list = statement(
  'receipt_files.locales',
  `select locale from outward.receipt_files where ${ownRows} and charge_id = $3`,
);

export const localesKept = async (
  context: Context,
  scope: Scope,
  chargeId: Uuid,
): Promise<readonly string[]> =>
  (await readOwn<{ locale: string }>(context, scope, list, [chargeId])).map(({ locale }) => locale);

const saveRow = writeRows({
  name: 'receipt_files.save',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    charge_id: 'uuid',
    locale: 'text',
    digest: 'bytea',
    pdf: 'bytea',
  },
  key: 'charge_id',
  rank: rank.insert,
  text: (given) => `insert into outward.receipt_files as f
  (account_id, livemode, charge_id, locale, digest, pdf)
select account_id, livemode, charge_id, locale, digest, pdf from ${given}
on conflict (account_id, livemode, charge_id, locale) do update
   set digest = excluded.digest, pdf = excluded.pdf
returning charge_id::text as key`,
});

/** Whoever writes last may know less than who wrote before: the digest tells, and a reader writes anew. */
export const saveReceiptFile = (scope: Scope, file: ReceiptFile): Write => ({
  into: saveRow,
  row: [scope.accountId, scope.livemode, file.chargeId, file.locale, file.digest, file.pdf],
});

export const forgetReceiptFiles = forgetting(
  'receipt_files.forget',
  'select outward.forget_receipt_files($1, $2) as gone',
);
