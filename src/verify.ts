// Proves what can be proved of an installation: the chains of the audit log and of the books, and every
// module's checks, the questions a healthy database answers with no rows. It only reads, so it runs
// beside a live gateway.

import { verifyBooks } from '#books/ledger';
import { verifyAudit } from '#identity/audit';
import { realClock } from '#kit/context';
import { spellId, type Uuid, uuidAt } from '#kit/ids';
import { CHARGE, INTENT } from '#payments/charges';
import {
  type Connection,
  connect,
  createPatience,
  DatabaseUnavailable,
  givingWay,
  isServerError,
} from '#platform/db';
import { eachToldKey } from '#platform/events';
import { ANSWER_KEPT_MS, verifyAnswers, verifyKeys } from '#platform/idempotency';
import { allChecks } from './modules.ts';
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

/**
 * Its questions compare whole tables. With the few megabytes that serve payments they would be written to disk and read
 * again, some twice; a question takes a few times this much, and they are asked one after the other.
 */
const WORK_MEMORY = '64MB';

/** A question to the books of years takes as long as it takes. */
const QUESTION_MS_MAX = 24 * 60 * 60 * 1000;
/** Who was interrupted leaves nobody behind who goes on reading for minutes, and holds back whoever clears away. */
const LOOKS_FOR_US_EVERY = '1s';
/** So long it stands in the way of who comes behind it, where it waits for a table itself. */
const LOCK_LOOK = '5s';

/** Which of how many questions is asked now. */
export type Asking = { readonly number: number; readonly of: number; readonly what: string };

export const verify = async (
  runtime: Runtime,
  onAsking: (asking: Asking) => void = () => {},
): Promise<Verdict> => {
  const problems: string[] = [];
  const checks = allChecks();
  let number = 0;
  const now = (what: string): void => {
    number += 1;
    onAsking({ number, of: OF_OUR_OWN + checks.length, what });
  };
  const { clock, log } = runtime.context;
  const patient = createPatience(clock);
  const asked = <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    const onWaiting = (): void =>
      log.warn({ check: what }, 'a question waits for a table that somebody else holds');
    return orProblem(problems, what, () => patient(ask, onWaiting));
  };
  now('the audit log');
  const audit =
    (await asked('Audit log', () => verifyAudit(runtime.context, runtime.sealing))) ?? unread;
  problems.push(...audit.problems.map((problem) => `Audit log: ${problem}`));
  now('the seals of the books');
  const books =
    (await asked('Books', () => verifyBooks(runtime.context, runtime.booksSealing))) ?? unread;
  problems.push(...books.problems.map((problem) => `Books: ${problem}`));

  let answers = 0;
  // Checks look across accounts, which only the owner may.
  const asOwner = (applicationName: string) =>
    connect({
      url: runtime.settings.databaseUrl,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: QUESTION_MS_MAX,
      applicationName,
    });
  const owner = await asOwner('tollgate verify');
  const looks = await asOwner('tollgate verify, looking who waits').catch(async (error) => {
    await owner.close();
    throw error;
  });
  try {
    await owner.send({ name: '', text: 'set statement_timeout = 0' });
    // A table that is being changed is waited for: a question that was not asked would be a finding. It is asked again.
    await owner.send({ name: '', text: `set lock_timeout = '${LOCK_LOOK}'` });
    await owner.send({
      name: '',
      text: `set client_connection_check_interval = '${LOOKS_FOR_US_EVERY}'`,
    });
    await owner.send({ name: '', text: `set work_mem = '${WORK_MEMORY}'` });
    // Each of several workers would take as much.
    await owner.send({ name: '', text: 'set max_parallel_workers_per_gather = 0' });
    let wrong = countWithFirst();
    now('the stored answers');
    await asked('Stored answers', async () => {
      wrong = countWithFirst();
      answers = await verifyAnswers(owner.send, runtime.masterSecret, wrong.note);
      await noteForgottenKeys(runtime, owner, wrong.note);
    });
    if (wrong.count() > 0) {
      problems.push(
        `Stored answers: ${wrong.count()} are not as they were given, first: ${wrong.first.join('; ')}.`,
      );
    }
    for (const { module, name, text, of } of checks) {
      now(`${module}, whether ${name}`);
      const ask = () =>
        givingWay({ asks: owner, looks }, () =>
          owner.send<Found>({ name: '', text: firstOf(text) }),
        );
      const found = (await asked(`${module}, whether ${name}`, ask)) ?? [];
      const [first] = found;
      if (first === undefined) continue;
      const shown = found.map((row) => showRow(withoutCount(row), of));
      problems.push(
        `${module}: not so that ${name} (${first.rows_in_all} rows, first: ${shown.join('; ')}).`,
      );
    }
  } finally {
    await owner.close();
    await looks.close();
  }
  return {
    audit: { seals: audit.seals, entries: audit.entries },
    books: { seals: books.seals, entries: books.entries },
    answers,
    checks: checks.length,
    problems,
  };
};

/** The audit log, the books, the stored answers. */
const OF_OUR_OWN = 3;

const unread = { seals: 0, entries: 0, problems: [] };

/** A damaged page ends the question that reads it, and is a finding; what it does not hold is asked all the same. */
const orProblem = async <T>(
  problems: string[],
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    // Of a disk that cannot be read it is the cause.
    const said = error instanceof DatabaseUnavailable ? error.cause : error;
    if (!isServerError(said)) throw error;
    problems.push(`${what}: could not be asked, the database says: ${said.message}.`);
    return undefined;
  }
};

type Found = Record<string, unknown> & { readonly rows_in_all: number };

/** What is wrong may be wrong ten million times: the database counts it, and only the first rows come here. */
export const firstOf = (text: string): string =>
  `with found as materialized (${text})
   select found.*, (select count(*)::integer from found) as rows_in_all from found limit ${ROWS_SHOWN_MAX}`;

const withoutCount = (row: Found): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'rows_in_all'));

/** The same of what only we can judge. */
export const countWithFirst = () => {
  const first: string[] = [];
  let count = 0;
  return {
    first,
    count: () => count,
    note: (problem: string): void => {
      count += 1;
      if (first.length < ROWS_SHOWN_MAX) first.push(problem);
    },
  };
};

/** Less than answers are kept: what took long has its key for longer than its event. */
const REMEMBERED_MS = ANSWER_KEPT_MS - 2 * 60 * 60 * 1000;

/**
 * Events tell when they happened by the clock that may have been moved, and answers are kept by the one that nobody
 * moves: what is young by the one is young by the other.
 */
const noteForgottenKeys = async (
  { context, masterSecret }: Runtime,
  { send }: Pick<Connection, 'send'>,
  note: (problem: string) => void,
): Promise<void> => {
  const [moved] = await send({
    name: '',
    text: 'select offset_ms::float8 as ahead from platform.clock',
  });
  const nowMs = realClock(context.clock).now() + Number(moved?.['ahead'] ?? 0);
  await eachToldKey(send, uuidAt(nowMs - REMEMBERED_MS), verifyKeys(send, masterSecret, note));
};

// Columns that are named alike wherever they stand.
const prefixes: Readonly<Record<string, string>> = {
  account_id: 'acct',
  intent_id: INTENT,
  charge_id: CHARGE,
  customer_id: 'cus',
  operation_id: 'op',
  connector_account_id: 'cna',
  paid_account_id: 'acct',
  paid_connector_account_id: 'cna',
  settlement_line_id: 'stl',
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
