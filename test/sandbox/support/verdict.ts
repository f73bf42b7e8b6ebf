// Whether the journal and the books of a world tell the same story.

import assert from 'node:assert/strict';
import pg from 'pg';
import { bookChecks } from '../../../sandbox/books/checks.ts';
import type { Journal } from '../../../sandbox/books/journal.ts';
import { holderAccount } from '../../../sandbox/books/postings.ts';

export const assertAgree = async (databaseUrl: string, journal: Journal): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const rows = async <T extends Record<string, unknown>>(text: string): Promise<T[]> =>
      (await client.query<T>(text)).rows;
    for (const [name, text] of Object.entries(bookChecks)) {
      assert.deepEqual(await rows(text), [], name);
    }
    const [world] = await rows<{ applied_seq: string; applied_chain: string }>(
      'select * from sandbox.world',
    );
    assert.equal(Number(world?.applied_seq), journal.lines.length);
    assert.equal(world?.applied_chain, journal.lines.at(-1)?.chain);
    await assertSameApprovals(journal, rows);
    await assertSameBalances(journal, rows);
  } finally {
    await client.end();
  }
};

type Rows = <T extends Record<string, unknown>>(text: string) => Promise<T[]>;

const assertSameApprovals = async (journal: Journal, rows: Rows): Promise<void> => {
  const booked = await rows(
    `select id, state, held_minor, captured_minor, refunded_minor from sandbox.approvals`,
  );
  const inJournal = [...journal.state().approvals.values()].map((approval) => ({
    id: approval.id,
    state: approval.state,
    held_minor: String(approval.heldMinor),
    captured_minor: String(approval.capturedMinor),
    refunded_minor: String(approval.refundedMinor),
  }));
  const byId = (a: Record<string, unknown>, b: Record<string, unknown>): number =>
    String(a.id) < String(b.id) ? -1 : 1;
  assert.deepEqual(booked.toSorted(byId), inJournal.toSorted(byId));
};

/** The postings say what each holder has; the journal, read by other code, says it too. */
const assertSameBalances = async (journal: Journal, rows: Rows): Promise<void> => {
  const booked = await rows<{ account: string; currency: string; balance_minor: string }>(
    `select account, currency, balance_minor from sandbox.accounts where account like '%/holder/%'`,
  );
  const { accounts } = journal.state();
  const networks = new Map(
    journal.lines.flatMap(({ fact }) =>
      fact.fact === 'account_opened' ? [[fact.card, fact.network] as const] : [],
    ),
  );
  const told = (account: string, currency: string, balance: string): string =>
    [account, currency, balance].join(' ');
  assert.deepEqual(
    booked.map((row) => told(row.account, row.currency, row.balance_minor)).toSorted(),
    [...accounts.values()]
      .map(({ card, currency, balanceMinor }) =>
        told(holderAccount(networks.get(card) ?? '', card), currency, String(balanceMinor)),
      )
      .toSorted(),
  );
};

/** However often a request came, it was decided at most once. */
export const assertDecidedOnce = (journal: Journal): void => {
  const keys = journal.lines.flatMap(({ fact }) => ('request' in fact ? [fact.request.key] : []));
  assert.equal(new Set(keys).size, keys.length);
};
