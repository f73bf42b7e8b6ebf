// Field 3: what is done, from which account, to which account, two digits each.

const transactions = {
  purchase: '00',
  cash: '01',
  adjustmentDebit: '02',
  purchaseWithCash: '09',
  quasiCash: '11',
  refund: '20',
  deposit: '21',
  adjustmentCredit: '22',
  availableBalance: '30',
  balance: '31',
  cardVerification: '37',
  transfer: '40',
  payment: '50',
} as const;

const accounts = {
  unspecified: '00',
  savings: '10',
  current: '20',
  credit: '30',
  universal: '40',
} as const;

export type ProcessedTransaction = keyof typeof transactions;
export type ProcessedAccount = keyof typeof accounts;

export type ProcessingCode = {
  readonly transaction: ProcessedTransaction;
  readonly from: ProcessedAccount;
  readonly to: ProcessedAccount;
};

/** Undefined when a part is not in our tables; hosts have codes of their own. */
export const parseProcessingCode = (field: string): ProcessingCode | undefined => {
  const transaction = nameOf(transactions, field.slice(0, 2));
  const from = nameOf(accounts, field.slice(2, 4));
  const to = nameOf(accounts, field.slice(4));
  return transaction && from && to ? { transaction, from, to } : undefined;
};

const nameOf = <Name extends string>(
  table: Readonly<Record<Name, string>>,
  digits: string,
): Name | undefined => (Object.keys(table) as Name[]).find((name) => table[name] === digits);
