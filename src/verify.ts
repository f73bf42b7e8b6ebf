// Proves what can be proved of an installation: the chains of the audit log and of the books, and every
// module's checks, the questions a healthy database answers with no rows. It only reads, so it runs
// beside a live gateway.

import { verifyBooks } from '#books/ledger';
import { verifyAudit } from '#identity/audit';
import { spellId, type Uuid } from '#kit/ids';
import { CHARGE, INTENT } from '#payments/charges';
import { connect } from '#platform/db';
import { verifyAnswers } from '#platform/idempotency';
import { modules } from './modules.ts';
import type { Runtime } from './runtime.ts';

export type Verdict = {
  readonly audit: { readonly seals: number; readonly entries: number };
  readonly books: { readonly seals: number; readonly entries: number };
  readonly answers: number;
  readonly checks: number;
  /** One sentence each, the first of every kind. */
  readonly problems: readonly string[];
};

const ROWS_SHOWN_MAX = 3;

export const verify = async (runtime: Runtime): Promise<Verdict> => {
  const audit = await verifyAudit(runtime.context, runtime.sealing);
  const books = await verifyBooks(runtime.context, runtime.booksSealing);
  const problems = [
    ...audit.problems.map((problem) => `Audit log: ${problem}`),
    ...books.problems.map((problem) => `Books: ${problem}`),
  ];
  const checks = modules.flatMap((module) =>
    (module.checks ?? []).map((check) => ({ ...check, module: module.name })),
  );

  let answers = 0;
  // Checks look across accounts, which only the owner may.
  const owner = await connect({
    url: runtime.settings.databaseUrl,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 600_000,
    applicationName: 'tollgate verify',
  });
  try {
    await owner.send({ name: '', text: 'set statement_timeout = 0' });
    const stored = await verifyAnswers(owner.send, runtime.masterSecret);
    answers = stored.answers;
    if (stored.problems.length > 0) {
      problems.push(
        `Stored answers: ${stored.problems.length} are not as they were given, first: ${stored.problems
          .slice(0, ROWS_SHOWN_MAX)
          .join('; ')}.`,
      );
    }
    for (const { module, name, text, of } of checks) {
      const rows = await owner.send({ name: '', text });
      if (rows.length === 0) continue;
      problems.push(
        `${module}: not so that ${name} (${rows.length} rows, first: ${rows
          .slice(0, ROWS_SHOWN_MAX)
          .map((row) => showRow(row, of))
          .join('; ')}).`,
      );
    }
  } finally {
    await owner.close();
  }
  return {
    audit: { seals: audit.seals, entries: audit.entries },
    books: { seals: books.seals, entries: books.entries },
    answers,
    checks: checks.length,
    problems,
  };
};

// Columns that are named alike wherever they stand.
const prefixes: Readonly<Record<string, string>> = {
  account_id: 'acct',
  intent_id: INTENT,
  charge_id: CHARGE,
  customer_id: 'cus',
  operation_id: 'op',
  connector_account_id: 'cna',
  endpoint_id: 'we',
  event_id: 'evt',
};

/** An id as the API and the other commands know it, and as it stands in the table. */
export const showRow = (row: Record<string, unknown>, of: string | undefined): string =>
  Object.entries(row)
    .map(([name, value]) => {
      const prefix = name === 'id' ? of : prefixes[name];
      if (prefix === undefined || typeof value !== 'string') return `${name} ${spell(value)}`;
      return `${name} ${spellId(prefix, value as Uuid)} (${value})`;
    })
    .join(', ');

const spell = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null ? JSON.stringify(value, plain) : String(value);
};

const plain = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
