import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  concluding,
  findById,
  forgetting,
  insertRows,
  listPages,
  namesByCode,
  type Owned,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  scopeOf,
  spellTime,
  statement,
} from '#platform/db';
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

const stateOf = namesByCode(mailStates);

const fromRow = (row: MailRow): Mail => ({
  id: row.id,
  letter: row.letter,
  locale: row.locale,
  to: row.recipient,
  about: row.about,
  resendOf: row.resend_of,
  state: stateOf.get(row.state) ?? 'waiting',
  attempts: row.attempts,
  dueAtMs: row.due_at,
  leaseEpoch: row.lease_epoch,
  tries: row.tries,
});

const stored = {
  select:
    'id, letter, locale, recipient, about, resend_of, state, attempts, due_at, lease_epoch, tries',
  from: 'outward.mails',
  fromRow,
};

export const loadMail = findById({ name: 'mails.find', ...stored });

export type MailFilter = PageOfRows & {
  readonly about: string | null;
  readonly state: MailState | null;
  readonly template: string | null;
  readonly to: string | null;
};

export const listMails = listPages({
  name: 'mails.list',
  ...stored,
  where: 'true',
  asked: ({ about, state, template, to }: MailFilter) => ({
    about,
    state: state === null ? null : mailStates[state],
    template,
    recipient: to,
  }),
});

const findOfEvents = statement(
  'mails.of_events',
  `with owed as (
     select ${stored.select} from outward.mails where ${ownRows} and event_id = any($3::uuid[])
   )
   select * from owed
   union all
   select ${stored.select} from outward.mails
    where ${ownRows} and about in (select about from owed) and resend_of in (select id from owed)`,
);

/** What these events owed, and what of it was asked for again. */
export const loadMailsOf = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  events: readonly Uuid[],
): Promise<Mail[]> =>
  events.length === 0
    ? []
    : (await readOwn<MailRow>(context, scope, findOfEvents, [events])).map(fromRow);

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

/** As a worker asks in its rounds. */
export const areMailsDue = 'outward.are_mails_due(now.at)';

const lease = statement(
  'mails.lease',
  'select account_id, livemode, id, lease_epoch from outward.lease_mails($1::timestamptz, $2, $3, $4::uuid)',
);

export const leaseMails = async (
  context: Context,
  {
    atMost,
    leaseMs,
    holder,
  }: { readonly atMost: number; readonly leaseMs: number; readonly holder: Uuid | null },
): Promise<LeasedMail[]> => {
  const now = spellTime(context.clock.now());
  const rows = await context.database.system((tx) =>
    tx.query<Owned & { id: Uuid; lease_epoch: number }>(lease, [now, atMost, leaseMs, holder]),
  );
  return rows.map((row) => ({
    scope: scopeOf(row),
    id: row.id,
    leaseEpoch: row.lease_epoch,
  }));
};

const takeOver = statement('mails.take_over', 'select outward.take_over_mails($1::uuid[])');

export const takeOverMails = (tx: Tx, dead: readonly Uuid[]): Promise<unknown> =>
  tx.query(takeOver, [dead]);

const concludeRow = concluding({
  name: 'mails.conclude',
  table: 'outward.mails',
  also: 'leased_until = null',
});

export const concludeMail = (scope: Scope, mail: Mail): Write =>
  concludeRow(scope, { ...mail, state: mailStates[mail.state] });

const caught = statement(
  'mails.caught',
  'select account_id, livemode, id, locale, recipient, letter, about, state from outward.caught_mails($1::uuid, $2)',
);

export type CaughtMail = Pick<Mail, 'id' | 'locale' | 'to' | 'letter' | 'about'> & {
  readonly scope: Scope;
};

/** Of test mode, whatever the account. For the page of the quick start alone. */
export const caughtMails = async (
  context: Context,
  { id = null, atMost }: { readonly id?: Uuid | null; readonly atMost: number },
): Promise<CaughtMail[]> => {
  const rows = await context.database.system((tx) =>
    tx.query<MailRow & Owned>(caught, [id, atMost]),
  );
  return rows.map(({ recipient, ...row }) => ({
    scope: scopeOf(row),
    id: row.id,
    locale: row.locale,
    to: recipient,
    letter: row.letter,
    about: row.about,
  }));
};

export const forgetMails = forgetting(
  'mails.forget',
  'select outward.forget_mails($1, $2) as gone',
);
