// Clearing and the bank: clearing files, settlement reports, statements, files of payments, and a cut-over on demand.

import { accountFor, cutOver } from '../bank/bank-agenda.ts';
import type { BankFact, PaymentFile } from '../bank/bank-fact.ts';
import type { ClosedBatch, TakenFile } from '../bank/bank-state.ts';
import { digestOfFile, readClearingFile, takeClearingFile } from '../bank/clearing-file.ts';
import { lettersOf, numberOf } from '../bank/currencies.ts';
import { magicAccounts } from '../bank/iban.ts';
import { digestOf, type FileRefusal, readPaymentFile } from '../bank/payment-file.ts';
import { spellReport } from '../bank/settlement-report.ts';
import { type Statement, spellStatement, statementsOf } from '../bank/statements.ts';
import { statusOfFile, statusOfRefusal } from '../bank/status-report.ts';
import {
  type Controlled,
  countOf,
  fieldsOf,
  ok,
  PAGE_ROWS_MAX,
  type Reply,
  type Routes,
  refuse,
} from './controlled.ts';

export const bankRoutes = ({ world }: Controlled): Routes => {
  const { bank } = world.state;
  return {
    'POST /cut-over': async () => {
      const { cycle } = bank;
      await world.act(() => cutOver(bank, { isScheduled: false }));
      const batches = [...bank.batches.values()].filter((batch) => batch.cycle === cycle);
      return ok({ cycle, batches: batches.map(batchView) });
    },
    'GET /acquirer/settlements': ({ query }) => {
      const [merchant, after] = [query.get('merchant'), countOf(query, 'after', 0)];
      const limit = Math.min(countOf(query, 'limit', PAGE_ROWS_MAX), PAGE_ROWS_MAX);
      const found = closedBatches().filter(
        (batch) => batch.cycle > after && (merchant === null || batch.merchant === merchant),
      );
      return ok({ batches: found.slice(0, limit).map(batchView), has_more: found.length > limit });
    },
    'GET /acquirer/settlements/*': ({ params: [file = ''] }) => {
      const batch = bank.batches.get(file.replace(/\.csv$/, ''));
      if (batch === undefined || batch.cycle >= bank.cycle)
        return refuse(404, 'There is no such batch.');
      return { status: 200, body: spellReport(batch), type: 'text/csv' };
    },
    'GET /acquirer/clearing-files': ({ query }) => {
      const merchant = query.get('merchant');
      const all = [...bank.clearingFiles.values()];
      const found = all.filter((file) => merchant === null || file.merchant === merchant);
      return ok(found.slice(-PAGE_ROWS_MAX).map(clearingFileView));
    },
    'PUT /acquirer/clearing-files/*': ({ params: [id = ''], body }) => takeFile(id, body),
    'PUT /acquirer/clearing': async ({ body }) => {
      const { merchant, by } = fieldsOf(body);
      if (typeof merchant !== 'string' || merchant === '' || (by !== 'host' && by !== 'file')) {
        return refuse(400, '`merchant`, and `by`: `host` or `file`.');
      }
      await world.note({ fact: 'cleared_by_file', merchant, isOn: by === 'file' });
      return ok({ merchant, by });
    },
    'GET /bank/accounts': () =>
      ok(
        [...bank.accounts.values()].map(({ iban, holder, owner, currency, balanceMinor }) => ({
          iban,
          holder,
          owner,
          currency: lettersOf(currency),
          balance_minor: balanceMinor,
        })),
      ),
    'POST /bank/accounts': async ({ body }) => {
      const { merchant, currency } = fieldsOf(body);
      const number = typeof currency === 'string' ? numberOf(currency.toUpperCase()) : undefined;
      if (typeof merchant !== 'string' || merchant === '' || number === undefined) {
        return refuse(400, '`merchant`, and `currency` in three letters.');
      }
      await world.act(() => accountFor(bank, merchant, number, 'merchant').opened);
      return ok({ iban: accountFor(bank, merchant, number, 'merchant').iban });
    },
    'GET /bank/magic-accounts': () =>
      ok(
        [...magicAccounts].map(([iban, { happens, reason, says }]) => ({
          iban,
          happens,
          reason,
          says,
        })),
      ),
    'GET /bank/statements': ({ query }) => {
      const [iban, after] = [query.get('account'), countOf(query, 'after', 0)];
      const found = [...bank.accounts.values()]
        .filter((account) => iban === null || account.iban === iban)
        .flatMap((account) => statementsOf(bank, account))
        .filter(({ number }) => number > after);
      return ok(found.slice(0, PAGE_ROWS_MAX).map(statementView));
    },
    'GET /bank/statements/*/*': ({ params: [iban = '', file = ''] }) => {
      const account = bank.accounts.get(iban);
      const number = Number(file.replace(/\.xml$/, ''));
      const statement = account && statementsOf(bank, account).find((one) => one.number === number);
      if (statement === undefined) return refuse(404, 'There is no such statement.');
      return { status: 200, body: spellStatement(statement), type: 'application/xml' };
    },
    'POST /bank/payments': ({ body }) => takePayments(body),
    'GET /bank/payments/*': ({ params: [messageId = ''] }) => {
      const file = bank.files.get(messageId);
      return file === undefined
        ? refuse(404, 'No file was taken under that MsgId.')
        : reportOn(file);
    },
  };

  /** The same bytes again change nothing and are answered as they were. */
  async function takeFile(id: string, body: unknown): Promise<Reply> {
    if (typeof body !== 'string') return refuse(400, 'The body is a clearing file, as text/csv.');
    const read = readClearingFile(body);
    if (!read.ok) return refuse(422, read.says);
    if (read.file.id !== id) return refuse(422, 'The header names another file than the address.');
    const sha256 = digestOfFile(body);
    await world.act((): readonly BankFact[] =>
      bank.clearingFiles.has(id) ? [] : [takeClearingFile(bank, read.file, sha256)],
    );
    const taken = bank.clearingFiles.get(id);
    if (taken === undefined) return refuse(500, 'The bank could not take it.');
    if (taken.sha256 !== sha256) return refuse(409, 'Another file was taken under that name.');
    return ok(clearingFileView(taken));
  }

  function closedBatches(): readonly ClosedBatch[] {
    return [...bank.batches.values()].filter(({ cycle }) => cycle < bank.cycle);
  }

  function reportOn(file: PaymentFile): Reply {
    const body = statusOfFile(bank, file, world.now());
    return { status: 200, body, type: 'application/xml' };
  }

  /** The same bytes again carry out nothing and are answered with how things stand. */
  async function takePayments(body: unknown): Promise<Reply> {
    if (typeof body !== 'string') return refuse(400, 'The body is a pain.001, as application/xml.');
    const sha256 = digestOf(body);
    let taken: PaymentFile | undefined;
    let refusal: FileRefusal | undefined;
    await world.act((_, nowMs): readonly BankFact[] => {
      taken = [...bank.files.values()].find((file) => file.sha256 === sha256);
      if (taken !== undefined) return [];
      const read = readPaymentFile(bank, body, nowMs);
      if (!read.ok) {
        refusal = read;
        const { messageId, reason, says } = read;
        return [{ fact: 'payments_refused', messageId, sha256, reason, says }];
      }
      taken = read.file;
      return [{ fact: 'payments_accepted', file: read.file }];
    });
    if (taken !== undefined) return reportOn(taken);
    if (refusal === undefined) return refuse(500, 'The bank could not read it.');
    const answer = statusOfRefusal(refusal, world.now());
    const status = refusal.reason === 'DU01' ? 409 : 422;
    return { status, body: answer, type: 'application/xml' };
  }
};

const batchView = (batch: ClosedBatch) => ({
  id: batch.id,
  cycle: batch.cycle,
  business_day: batch.day,
  value_date: batch.valueDay,
  merchant: batch.merchant,
  currency: lettersOf(batch.currency),
  items: batch.count,
  gross_minor: batch.grossMinor,
  fees_minor: batch.interchangeMinor + batch.schemeMinor + batch.acquirerMinor,
  net_minor: batch.netMinor,
  carried_in_minor: batch.carriedInMinor,
  funded_minor: batch.fundedMinor,
  is_funded: batch.isFunded,
  report: `/acquirer/settlements/${batch.id}.csv`,
});

const clearingFileView = ({ id, merchant, day, named, refused, missing }: TakenFile) => ({
  id,
  merchant,
  business_day: day,
  taken: named.length,
  refused,
  missing: missing.map(({ direction, rrn, stan, currency, amountMinor }) => ({
    direction,
    rrn,
    stan,
    currency: lettersOf(currency),
    amount_minor: amountMinor,
  })),
});

const statementView = (statement: Statement) => ({
  account: statement.iban,
  number: statement.number,
  day: statement.day,
  currency: lettersOf(statement.currency),
  opening_minor: statement.openingMinor,
  closing_minor: statement.closingMinor,
  entries: statement.entries.length,
  file: `/bank/statements/${statement.iban}/${statement.number}.xml`,
});
