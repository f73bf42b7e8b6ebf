// Proves what can be proved of an installation: the chains of the audit log and of the books, and every
// module's checks, the questions a healthy database answers with no rows. It only reads, so it runs
// beside a live gateway.

import { verifyBooks } from '#books/ledger';
import { verifyAudit } from '#identity/audit';
import { connect } from '#platform/db';
import { modules } from './modules.ts';
import type { Runtime } from './runtime.ts';

export type Verdict = {
  readonly audit: { readonly seals: number; readonly entries: number };
  readonly books: { readonly seals: number; readonly entries: number };
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

  // Checks look across accounts, which only the owner may.
  const owner = await connect({
    url: runtime.settings.databaseUrl,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 600_000,
    applicationName: 'tollgate verify',
  });
  try {
    await owner.send({ name: '', text: 'set statement_timeout = 0' });
    for (const { module, name, text } of checks) {
      const rows = await owner.send({ name: '', text });
      if (rows.length === 0) continue;
      problems.push(
        `${module}: not so that ${name} (${rows.length} rows, first: ${rows
          .slice(0, ROWS_SHOWN_MAX)
          .map(showRow)
          .join('; ')}).`,
      );
    }
  } finally {
    await owner.close();
  }
  return {
    audit: { seals: audit.seals, entries: audit.entries },
    books: { seals: books.seals, entries: books.entries },
    checks: checks.length,
    problems,
  };
};

const showRow = (row: Record<string, unknown>): string =>
  Object.entries(row)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
