// The books in PostgreSQL. A batch of journal lines is booked in one statement, together with how far
// the books have come, so that a line is booked once or not at all.

import pg from 'pg';
import { assert } from '#kit/assert';
import type { Approval } from '../issuer/approval.ts';
import type { JournalLine } from '../world/fact.ts';
import type { State } from '../world/state.ts';
import { FIRST_CHAIN } from './journal.ts';
import { migrate } from './migrate.ts';
import { postingsOf } from './postings.ts';

export type Row = Record<string, unknown>;

export type Books = {
  readonly appliedSeq: number;
  readonly appliedChain: string;
  /** `state` is the world after these lines. */
  apply(lines: readonly JournalLine[], state: State): Promise<void>;
  /** For looking; on a connection of its own. */
  read<T extends Row>(text: string, values?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
};

/** Two worlds on one database would book each other's lines. */
const WORLD_LOCK = 8583;
const LOCK_WAIT_MS = 10_000;

export const openBooks = async (
  databaseUrl: string,
  onLost: (error: Error) => void,
): Promise<Books> => {
  const writer = await connect(databaseUrl, onLost);
  const reader = await connect(databaseUrl, onLost).catch(async (error: unknown) => {
    await writer.end();
    throw error;
  });
  const close = async (): Promise<void> => {
    await Promise.all([writer.end(), reader.end()]);
  };
  try {
    // A world that was killed a moment ago may still be seen by the database.
    await writer.query(`set lock_timeout = ${LOCK_WAIT_MS}`);
    await writer.query('select pg_advisory_lock($1)', [WORLD_LOCK]);
    await migrate(writer);
    const world = await beginWorld(writer);
    const apply = applyOn(writer);
    const read: Books['read'] = async <T extends Row>(text: string, values = []) =>
      (await reader.query<T>(text, values as unknown[])).rows;
    return { ...world, apply, read, close };
  } catch (error) {
    await close();
    throw error;
  }
};

const connect = async (url: string, onLost: (error: Error) => void): Promise<pg.Client> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tollgate sandbox',
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
  });
  client.on('error', onLost);
  await client.connect();
  return client;
};

const beginWorld = async (client: pg.Client) => {
  await client.query(
    `insert into sandbox.world (applied_seq, applied_chain) values (0, $1) on conflict do nothing`,
    [FIRST_CHAIN],
  );
  const { rows } = await client.query<{ applied_seq: string; applied_chain: string }>(
    'select applied_seq, applied_chain from sandbox.world',
  );
  const [row] = rows;
  assert(row !== undefined, 'The books say how far they have come');
  return { appliedSeq: Number(row.applied_seq), appliedChain: row.applied_chain };
};

const bookStatement = `
with movements as (
  insert into sandbox.movements (seq, at, kind, reference)
  select seq, at, kind, reference
  from jsonb_to_recordset($1) as m (seq bigint, at timestamptz, kind text, reference text)
), postings as (
  insert into sandbox.postings (seq, line, institution, account, currency, amount_minor)
  select seq, line, institution, account, currency, amount
  from jsonb_to_recordset($2) as p (
    seq bigint, line smallint, institution text, account text, currency text, amount numeric)
  returning account, currency, amount_minor
), balances as (
  insert into sandbox.accounts as a (account, currency, balance_minor)
  select account, currency, sum(amount_minor) from postings group by account, currency
  on conflict (account, currency)
  do update set balance_minor = a.balance_minor + excluded.balance_minor
), approvals as (
  insert into sandbox.approvals (id, kind, card, network, merchant, rrn, currency, approved_minor,
    held_minor, captured_minor, refunded_minor, charged_back_minor, state, changed_seq)
  select id, kind, card, network, merchant, rrn, currency, approved, held, captured, refunded,
    charged_back, state, seq
  from jsonb_to_recordset($3) as p (id text, kind text, card text, network text, merchant text,
    rrn text, currency text, approved numeric, held numeric, captured numeric, refunded numeric,
    charged_back numeric, state text, seq bigint)
  on conflict (id) do update set approved_minor = excluded.approved_minor,
    held_minor = excluded.held_minor,
    captured_minor = excluded.captured_minor, refunded_minor = excluded.refunded_minor,
    charged_back_minor = excluded.charged_back_minor,
    state = excluded.state, changed_seq = excluded.changed_seq
)
update sandbox.world set applied_seq = $4, applied_chain = $5 where applied_seq = $6`;

const applyOn =
  (client: pg.Client): Books['apply'] =>
  async (lines, state) => {
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined) return;
    const { movements, postings, approvals } = rowsOf(lines, state);
    const { rowCount } = await client.query({
      name: 'book',
      text: bookStatement,
      values: [
        JSON.stringify(movements),
        JSON.stringify(postings),
        JSON.stringify(approvals),
        last.seq,
        last.chain,
        first.seq - 1,
      ],
    });
    assert(rowCount === 1, 'The books have come as far as the line before');
  };

const rowsOf = (lines: readonly JournalLine[], state: State) => {
  const movements: Row[] = [];
  const postings: Row[] = [];
  const approvals = new Map<string, Row>();
  for (const { seq, at, fact } of lines) {
    const approval = approvalOf(state, fact);
    if (approval !== undefined) approvals.set(approval.id, approvalRow(approval, seq));
    const made = postingsOf(fact, approval);
    if (made.length === 0) continue;
    const reference = approval?.rrn ?? referenceOf(fact);
    movements.push({ seq, at, kind: fact.fact, reference });
    for (const [line, { amountMinor, ...posting }] of made.entries()) {
      postings.push({ seq, line: line + 1, ...posting, amount: String(amountMinor) });
    }
  }
  return { movements, postings, approvals: [...approvals.values()] };
};

const referenceOf = (fact: JournalLine['fact']): string => {
  if ('card' in fact) return fact.card;
  if ('payment' in fact) return fact.payment.id;
  if ('batch' in fact) return fact.batch.id;
  return 'batchId' in fact ? fact.batchId : '';
};

const approvalOf = (state: State, fact: JournalLine['fact']): Approval | undefined => {
  if (fact.fact === 'approved') return state.approvals.get(fact.approval.id);
  return 'approvalId' in fact ? state.approvals.get(fact.approvalId) : undefined;
};

const approvalRow = (approval: Approval, seq: number): Row => {
  const { id, kind, card, network, merchant, rrn, currency, state } = approval;
  return {
    id,
    kind,
    card,
    network,
    merchant,
    rrn,
    currency,
    state,
    seq,
    approved: String(approval.approvedMinor),
    held: String(approval.heldMinor),
    captured: String(approval.capturedMinor),
    refunded: String(approval.refundedMinor),
    charged_back: String(approval.chargedBackMinor),
  };
};
