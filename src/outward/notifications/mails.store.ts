import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { ChangeRow, Owed } from '#platform/events';
import { type Mail, type MailState, mailStates, type Try } from './mail.ts';
import type { Letter } from './templates/index.ts';

type MailRow = Row & {
  readonly id: Uuid;
  readonly letter: Letter;
  readonly locale: string;
  readonly recipient: string;
  readonly about: string;
  readonly resend_of: Uuid | null;
  readonly state: number;
  readonly attempts: number;
  readonly due_at: number | null;
  readonly lease_epoch: number;
  readonly tries: readonly Try[];
};

const takeChanges = statement(
  'mails.take_changes',
  `select account_id, livemode, id, object_id, sequence, kinds, renderer, request_id, idempotency_key, snapshot
     from outward.changes_for_mails($1::uuid[], $2::uuid[], $3::boolean[], $4::smallint[])`,
);

export const changesForMails = (
  tx: Tx,
  owed: readonly Owed[],
  codes: readonly number[],
): Promise<readonly ChangeRow[]> =>
  tx.query<ChangeRow & Row>(takeChanges, [
    owed.map(({ event_id }) => event_id),
    owed.map(({ account_id }) => account_id),
    owed.map(({ livemode }) => livemode),
    codes,
  ]);

export type NewMail = {
  readonly scope: Scope;
  readonly id: Uuid;
  readonly eventId: Uuid | null;
  readonly letter: Letter;
  readonly locale: string;
  readonly to: string;
  readonly about: string;
  readonly payment: string | null;
  readonly dueAtMs: number;
};

const owe = statement('mails.owe', 'select outward.owe_mails($1::json)');

/** Once for each event and template, however often it is called. */
export const oweMails = async (tx: Tx, mails: readonly NewMail[]): Promise<void> => {
  const rows = mails.map((mail) => ({
    account_id: mail.scope.accountId,
    livemode: mail.scope.livemode,
    id: mail.id,
    event_id: mail.eventId,
    template: mail.letter.template,
    locale: mail.locale,
    recipient: mail.to,
    letter: mail.letter,
    about: mail.about,
    payment: mail.payment,
    due_at: spellTime(mail.dueAtMs),
  }));
  await tx.query(owe, [JSON.stringify(rows)]);
};

const overtake = statement('mails.overtake', 'select outward.overtake_mails($1, $2, $3) as told');

/**
 * What waits to tell of an earlier failure or doubt is told no more. True when the payer was told that we
 * are checking, and so must hear what came of it.
 */
export const overtakeMails = async (
  tx: Tx,
  { accountId, livemode }: Scope,
  payment: string,
): Promise<boolean> => {
  const [row] = await tx.query<{ told: boolean }>(overtake, [accountId, livemode, payment]);
  return row?.told ?? false;
};

const insertRow = insertRows({
  name: 'mails.insert',
  table: 'outward.mails',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    template: 'text',
    locale: 'text',
    recipient: 'text',
    letter: 'json',
    about: 'text',
    resend_of: 'uuid',
    state: 'smallint',
    due_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.insert,
});

export const insertMail = (scope: Scope, mail: Mail): Write => ({
  into: insertRow,
  row: [
    scope.accountId,
    scope.livemode,
    mail.id,
    mail.letter.template,
    mail.locale,
    mail.to,
    JSON.stringify(mail.letter),
    mail.about,
    mail.resendOf,
    mailStates[mail.state],
    spellTime(mail.dueAtMs),
  ],
});

export type LeasedMail = { readonly scope: Scope; readonly id: Uuid; readonly leaseEpoch: number };

const lease = statement(
  'mails.lease',
  'select account_id, livemode, id, lease_epoch from outward.lease_mails($1::timestamptz, $2, $3)',
);

export const leaseMails = async (
  context: Context,
  { atMost, leaseMs }: { readonly atMost: number; readonly leaseMs: number },
): Promise<LeasedMail[]> => {
  const now = spellTime(context.clock.now());
  const rows = await context.database.system((tx) =>
    tx.query<{ account_id: Uuid; livemode: boolean; id: Uuid; lease_epoch: number }>(lease, [
      now,
      atMost,
      leaseMs,
    ]),
  );
  return rows.map(({ account_id, livemode, id, lease_epoch }) => ({
    scope: { accountId: account_id, livemode },
    id,
    leaseEpoch: lease_epoch,
  }));
};

const columns = `id, letter, locale, recipient, about, resend_of, state, attempts, due_at, lease_epoch, tries`;
const ownRows = 'account_id = $1 and livemode = $2';

const findMailRow = statement(
  'mails.find',
  `select ${columns} from outward.mails where ${ownRows} and id = $3`,
);

export const loadMail = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Mail | undefined> => {
  const { accountId, livemode } = scope;
  const [row] = await context.database.read<MailRow>(scope, findMailRow, [accountId, livemode, id]);
  return row === undefined ? undefined : fromRow(row);
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `mails.list_${direction}`,
    `select ${columns} from outward.mails
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and ($4::text is null or about = $4)
        and ($5::smallint is null or state = $5)
        and ($6::text is null or template = $6)
        and ($7::text is null or recipient = $7)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $8`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

export const listMails = async (
  context: Context,
  scope: Scope,
  filter: {
    readonly direction: 'older' | 'newer';
    readonly from: Uuid | null;
    readonly about: string | null;
    readonly state: MailState | null;
    readonly template: string | null;
    readonly to: string | null;
    readonly limit: number;
  },
): Promise<Mail[]> => {
  const rows = await context.database.read<MailRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.about,
    filter.state === null ? null : mailStates[filter.state],
    filter.template,
    filter.to,
    filter.limit,
  ]);
  return rows.map(fromRow);
};

// Only under the lease that was taken: who slept past it changes nothing.
const concludeRow = writeRows({
  name: 'mails.conclude',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    state: 'smallint',
    attempts: 'smallint',
    due_at: 'timestamptz',
    tries: 'json',
    lease_epoch: 'integer',
  },
  key: 'id',
  rank: rank.update,
  text: (given) => `update outward.mails m
   set state = given.state, attempts = given.attempts, due_at = given.due_at, tries = given.tries,
       leased_until = null
  from ${given}
 where m.account_id = given.account_id and m.livemode = given.livemode and m.id = given.id
   and m.lease_epoch = given.lease_epoch
returning m.id::text as key`,
});

export const concludeMail = (scope: Scope, mail: Mail): Write => ({
  into: concludeRow,
  row: [
    scope.accountId,
    scope.livemode,
    mail.id,
    mailStates[mail.state],
    mail.attempts,
    spellTime(mail.dueAtMs),
    JSON.stringify(mail.tries),
    mail.leaseEpoch,
  ],
});

const caught = statement(
  'mails.caught',
  'select id, locale, recipient, letter, about, state from outward.caught_mails($1::uuid, $2)',
);

export type CaughtMail = Pick<Mail, 'id' | 'locale' | 'to' | 'letter' | 'about'>;

/** Of test mode, whatever the account. For the page of the quick start alone. */
export const caughtMails = async (
  context: Context,
  { id = null, atMost }: { readonly id?: Uuid | null; readonly atMost: number },
): Promise<CaughtMail[]> => {
  const rows = await context.database.system((tx) => tx.query<MailRow>(caught, [id, atMost]));
  return rows.map(({ recipient, ...row }) => ({
    id: row.id,
    locale: row.locale,
    to: recipient,
    letter: row.letter,
    about: row.about,
  }));
};

const forget = statement('mails.forget', 'select outward.forget_mails($1, $2) as gone');

export const forgetMails = async (
  context: Context,
  before: Uuid,
  atMost: number,
): Promise<number> => {
  const [row] = await context.database.system((tx) =>
    tx.query<{ gone: number }>(forget, [before, atMost]),
  );
  return row?.gone ?? 0;
};

const spellTime = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

const stateNames = Object.fromEntries(
  Object.entries(mailStates).map(([name, number]) => [number, name]),
) as Record<number, MailState>;

const fromRow = (row: MailRow): Mail => ({
  id: row.id,
  letter: row.letter,
  locale: row.locale,
  to: row.recipient,
  about: row.about,
  resendOf: row.resend_of,
  state: stateNames[row.state] ?? 'waiting',
  attempts: row.attempts,
  dueAtMs: row.due_at,
  leaseEpoch: row.lease_epoch,
  tries: row.tries,
});
