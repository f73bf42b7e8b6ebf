// One idempotency key, one effect, one answer. The answer is committed in the transaction of the
// effect; whoever comes second loses the claim, takes nothing else with it, and reads the answer.

import {
  type AskedUnder,
  type Context,
  realClock,
  type Scope,
  type Write,
  type WriteStatement,
} from '#kit/context';
import { deriveKey, macUnder, open, seal } from '#kit/crypto';
import { type Uuid, uuidFromHex } from '#kit/ids';
import { insertRows, rank, spellTime, statement, writeRows } from '#platform/db';
import type { AnswerToKeep, AskedAgain, Claiming, IdempotencyStore } from '#platform/http';

/** How long a key is remembered at least, by the clock that nobody moves: a retry stays a retry. */
export const ANSWER_KEPT_MS = 25 * 60 * 60 * 1000;

/** What the key is derived for that seals them. */
export const ANSWER_SEAL = 'idempotency answer';

/** What can be told of the processes that hold claims. */
export type Holders = {
  /** Under whose name this process claims; null where nobody could tell that it has died. */
  readonly holderOf: (context: Context) => Uuid | null;
  /** Never of one that may still be alive. */
  readonly isGone: (context: Context, holder: Uuid) => Promise<boolean>;
};

const nobodyKnown: Holders = { holderOf: () => null, isGone: () => Promise.resolve(false) };

/** Keys, and what was asked under them, as they are stored. */
export const digestsFrom = (masterSecret: Buffer) => {
  const macOf = macUnder(deriveKey(masterSecret, 'idempotency digest'));
  const digest = (text: string): string => uuidFromHex(macOf(text).slice(0, 32));
  return {
    digest,
    keyOf: ({ scope, key }: Pick<AskedAgain, 'scope' | 'key'>): string =>
      digest(`key\n${boundTo(scope)}\n${key}`),
  };
};

/**
 * Answers a key whose own answer is lost, before anybody asks under it again: what was done under it went outside, and the
 * database was put back to an earlier state. Not where there is an answer, or something to go on with. Takes nothing with it.
 */
export const answersToLost = (masterSecret: Buffer) => {
  const sealKey = deriveKey(masterSecret, ANSWER_SEAL);
  return (
    context: Context,
    scope: Scope,
    { asked, ...answer }: Omit<AnswerToKeep, keyof AskedAgain> & { readonly asked: AskedUnder },
  ): Write => ({
    into: answerLost,
    row: [
      scope.accountId,
      scope.livemode,
      asked.key,
      asked.fingerprint,
      answer.requestId,
      realClock(context.clock).now(),
      answer.status,
      seal(context.random, sealKey, Buffer.from(answer.body), `${boundTo(scope)}\n${asked.key}`),
    ],
  });
};

export const createAnswers = (
  masterSecret: Buffer,
  { holderOf, isGone }: Holders = nobodyKnown,
): IdempotencyStore => {
  const sealKey = deriveKey(masterSecret, ANSWER_SEAL);
  const { digest, keyOf } = digestsFrom(masterSecret);

  const sealed = (context: Context, { body, scope }: AnswerToKeep, key: string): Buffer =>
    seal(context.random, sealKey, Buffer.from(body), `${boundTo(scope)}\n${key}`);

  const row = (
    context: Context,
    input: Claiming,
    key: string,
    end: [number | null, Buffer | null],
  ) => ({
    into: claimAnswer,
    row: [
      input.scope.accountId,
      input.scope.livemode,
      key,
      input.fingerprint,
      input.requestId,
      realClock(context.clock).now(),
      ...end,
      input.passesOn,
      input.subject ?? null,
      end[0] === null ? holderOf(context) : null,
    ],
  });

  return {
    remember: (context, input) => {
      const key = keyOf(input);
      const kept = sealed(context, input, key);
      return row(context, { ...input, passesOn: false }, key, [input.status, kept]);
    },
    claim: (context, input) => row(context, input, keyOf(input), [null, null]),
    hold: (_context, input) => ({
      into: holdClaim,
      row: [input.scope.accountId, input.scope.livemode, keyOf(input), input.requestId],
    }),
    link: (_context, input) => ({
      into: linkClaim,
      row: [
        input.scope.accountId,
        input.scope.livemode,
        keyOf(input),
        input.requestId,
        input.subject,
      ],
    }),
    takeOver: (context, input) => ({
      into: takeOverClaim,
      row: [
        input.scope.accountId,
        input.scope.livemode,
        keyOf(input),
        input.requestId,
        input.fingerprint,
        realClock(context.clock).now(),
        holderOf(context),
        input.gone,
        input.passesOn,
        input.subject,
      ],
    }),
    release: (_context, input) => ({
      into: releaseClaim,
      row: [input.scope.accountId, input.scope.livemode, keyOf(input), input.requestId],
    }),
    finish: (context, input) => {
      const { accountId, livemode } = input.scope;
      const key = keyOf(input);
      return {
        into: finishAnswer,
        row: [accountId, livemode, key, input.requestId, input.status, sealed(context, input, key)],
      };
    },
    isHeld: async (context, input) => {
      const { accountId, livemode } = input.scope;
      const of = [accountId, livemode, keyOf(input)];
      const [found] = await context.database.read<{ request_id: string; status: number | null }>(
        input.scope,
        findAnswer,
        of,
      );
      return found?.request_id === input.requestId && found.status === null;
    },
    recall: async (context, input) => {
      const { accountId, livemode } = input.scope;
      const key = keyOf(input);
      const [found] = await context.database.read<{
        fingerprint: string;
        request_id: string;
        created_at: number;
        status: number | null;
        answer: Buffer | null;
        subject: Uuid | null;
        passes_on: boolean;
        holder: Uuid | null;
      }>(input.scope, findAnswer, [accountId, livemode, key]);
      if (found === undefined) return { state: 'unknown' };
      if (found.fingerprint !== input.fingerprint) return { state: 'other_parameters' };
      if (found.status === null || found.answer === null) {
        const { subject, passes_on: passesOn, holder } = found;
        const ageMs = realClock(context.clock).now() - found.created_at;
        const abandoned =
          (passesOn || subject !== null) &&
          (ageMs > ABANDONED_AFTER_MS ||
            (ageMs > ASKED_AFTER_MS && holder !== null && (await isGone(context, holder))));
        return { state: 'in_flight', abandoned, subject, passesOn, requestId: found.request_id };
      }
      return {
        state: 'finished',
        status: found.status,
        body: open(sealKey, found.answer, `${boundTo(input.scope)}\n${key}`).toString(),
        requestId: found.request_id,
      };
    },
    isClaim: (into) => losersOfTheKey.has(into),
    fingerprint: (canonical) => digest(`request\n${canonical}`),
    spelled: (asked) => ({ key: keyOf(asked), fingerprint: asked.fingerprint }),
  };
};

export const boundTo = ({ accountId, livemode }: Scope): string =>
  `${accountId}/${livemode ? 'live' : 'test'}`;

const columns = {
  account_id: 'uuid',
  livemode: 'boolean',
  key: 'uuid',
  fingerprint: 'uuid',
  request_id: 'text',
  created_at: 'timestamptz',
  status: 'smallint',
  answer: 'bytea',
  passes_on: 'boolean',
  subject: 'uuid',
  holder: 'uuid',
} as const;

const claimAnswer = insertRows({
  name: 'answers.claim',
  table: 'platform.answers',
  columns,
  key: 'key',
  rank: rank.claim,
  orNothing: true,
});

// A claim without anything to go on with would let whoever asks again begin anew.
const answerLost = writeRows({
  name: 'answers.lost',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'uuid',
    fingerprint: 'uuid',
    request_id: 'text',
    created_at: 'timestamptz',
    status: 'smallint',
    answer: 'bytea',
  },
  key: 'key',
  rank: rank.claim,
  text: (given) => `with answered as (
  insert into platform.answers as a (account_id, livemode, key, fingerprint, request_id, created_at, status, answer, passes_on)
  select account_id, livemode, key, fingerprint, request_id, created_at, status, answer, false from ${given}
  on conflict (account_id, livemode, key) do update
     set status = excluded.status, answer = excluded.answer, created_at = excluded.created_at,
         fingerprint = excluded.fingerprint, passes_on = false, holder = null
   where a.status is null and a.subject is null)
select key::text as key from ${given}`,
});

/** Longer than any request may take. */
const ABANDONED_AFTER_MS = 60_000;
/** Sooner nobody can know that a process has died: most who ask again ask again at once. */
const ASKED_AFTER_MS = 4_000;

// A claim whose holder is gone (a crash, a vault that was away) passes to the next who asks the same: to
// begin anew if nothing can have happened under it but a card sealed that nobody refers to, or to go on
// with what was begun. What called the outside and left nothing to go on with passes to nobody.
const takeOverClaim = writeRows({
  name: 'answers.take_over',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'uuid',
    request_id: 'text',
    fingerprint: 'uuid',
    created_at: 'timestamptz',
    holder: 'uuid',
    gone: 'text',
    passes_on: 'boolean',
    subject: 'uuid',
  },
  key: 'key',
  rank: rank.claim,
  text: (given) => `update platform.answers a
   set request_id = given.request_id, created_at = given.created_at, holder = given.holder
  from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.key = given.key
   and a.status is null and a.fingerprint = given.fingerprint
   and (a.passes_on or a.subject is not null)
   and a.passes_on = given.passes_on and a.subject is not distinct from given.subject
   and (a.request_id = given.gone or a.created_at < given.created_at - interval '1 minute')
returning a.key::text as key`,
});

const linkClaim = writeRows({
  name: 'answers.link',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'uuid',
    request_id: 'text',
    subject: 'uuid',
  },
  key: 'key',
  rank: rank.claim,
  text: (given) => `update platform.answers a set subject = given.subject, passes_on = false
  from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.key = given.key
   and a.request_id = given.request_id and a.status is null
returning a.key::text as key`,
});

const holdClaim = writeRows({
  name: 'answers.hold',
  columns: { account_id: 'uuid', livemode: 'boolean', key: 'uuid', request_id: 'text' },
  key: 'key',
  rank: rank.claim,
  text: (given) => `update platform.answers a set passes_on = false from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.key = given.key
   and a.request_id = given.request_id and a.status is null
returning a.key::text as key`,
});

// It looks abandoned from now on, and no older than that: what is very old is forgotten, and with it what
// was begun under the key.
const releaseClaim = writeRows({
  name: 'answers.release',
  columns: { account_id: 'uuid', livemode: 'boolean', key: 'uuid', request_id: 'text' },
  key: 'key',
  rank: rank.claim,
  text: (
    given,
  ) => `update platform.answers a set created_at = a.created_at - interval '61 seconds' from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.key = given.key
   and a.request_id = given.request_id and a.status is null
   and (a.passes_on or a.subject is not null)
returning a.key::text as key`,
});

// By the request that claimed it and by no other.
const finishAnswer = writeRows({
  name: 'answers.finish',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'uuid',
    request_id: 'text',
    status: 'smallint',
    answer: 'bytea',
  },
  key: 'key',
  rank: rank.claim,
  text: (given) => `update platform.answers a set status = given.status, answer = given.answer,
       holder = null
  from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.key = given.key
   and a.request_id = given.request_id and a.status is null
returning a.key::text as key`,
});

const losersOfTheKey: ReadonlySet<WriteStatement> = new Set([
  claimAnswer,
  takeOverClaim,
  holdClaim,
  linkClaim,
  finishAnswer,
]);

const findAnswer = statement(
  'answers.find',
  `select fingerprint, request_id, created_at, status, answer, subject, passes_on, holder
     from platform.answers
    where account_id = $1 and livemode = $2 and key = $3`,
);

const forgetAnswers = statement('answers.forget', 'select platform.forget_answers($1, $2) as gone');
const FORGET_AT_MOST = 5_000;

/** Makes keys new again once they are old enough. */
export const forgetOldAnswers = async (context: Context): Promise<void> => {
  const before = spellTime(realClock(context.clock).now() - ANSWER_KEPT_MS);
  for (let gone = FORGET_AT_MOST; gone === FORGET_AT_MOST; ) {
    const [row] = await context.database.system((tx) =>
      tx.query<{ gone: number }>(forgetAnswers, [before, FORGET_AT_MOST]),
    );
    gone = row?.gone ?? 0;
  }
};
