import { present } from '#kit/assert';
import type { Context, Row, Scope, Write } from '#kit/context';
import { type Uuid, uuidAt } from '#kit/ids';
import {
  forgetting,
  insertRows,
  namesByCode,
  ownRows,
  rank,
  readOwn,
  statement,
  writeRows,
} from '#platform/db';
import { type Step, steps } from './ladder.ts';

const outcomes = { open: 0, well: 1, in_vain: 2 } as const;
export type Outcome = keyof typeof outcomes;

export type CardTry = {
  readonly id: Uuid;
  readonly kind: 'collected' | 'tried';
  readonly subject: Uuid | null;
  readonly network: Uuid;
  readonly device: Uuid | null;
  readonly card: string | null;
  readonly bin: string | null;
  readonly step: Step;
  readonly reasons: readonly string[];
  readonly outcome: Outcome;
  readonly proof: Uuid | null;
};

// A proof that was used before makes it lose.
const insertTryRow = insertRows({
  name: 'card_tries.insert',
  table: 'payments.card_tries',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    kind: 'smallint',
    subject: 'uuid',
    network: 'uuid',
    device: 'uuid',
    card: 'text',
    bin: 'text',
    step: 'smallint',
    // An array of arrays would lose its edges.
    reasons: 'text',
    outcome: 'smallint',
    proof: 'uuid',
  },
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

export const insertTry = (scope: Scope, one: CardTry): Write => ({
  into: insertTryRow,
  row: [
    scope.accountId,
    scope.livemode,
    one.id,
    one.kind === 'collected' ? 1 : 2,
    one.subject,
    one.network,
    one.device,
    one.card,
    one.bin,
    steps[one.step],
    one.reasons.join(', '),
    outcomes[one.outcome],
    one.proof,
  ],
});

// Every row comes back, also of a try that is forgotten by now: what became of a payment is never lost for it.
const endTryRow = writeRows({
  name: 'card_tries.end',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', outcome: 'smallint' },
  key: 'id',
  rank: rank.log,
  text: (given) => `with ends as (select * from ${given}),
   ended as (
     update payments.card_tries t set outcome = ends.outcome from ends
      where t.account_id = ends.account_id and t.livemode = ends.livemode and t.id = ends.id)
select id::text as key from ends`,
});

export const endTry = (scope: Scope, id: Uuid, outcome: Outcome): Write => ({
  into: endTryRow,
  row: [scope.accountId, scope.livemode, id, outcomes[outcome]],
});

export type Tally = {
  readonly bad: number;
  readonly good: number;
  readonly cards: number;
  readonly collected: number;
};

export type Tallies = {
  readonly network: Tally;
  readonly device: Tally;
  readonly bin: Tally;
  readonly account: Tally;
  readonly card: number;
  /** The device paid here before. */
  readonly isKnown: boolean;
};

/** No more rows than that are looked at for one question: past it the answer is the same. */
const ROWS_MAX = 300;

const recent = (where: string, since: string) =>
  `(select json_build_object(
      'bad', count(*) filter (where kind = 2 and outcome <> 1),
      'good', count(*) filter (where kind = 2 and outcome = 1),
      'cards', count(distinct card) filter (where outcome <> 1),
      'collected', count(*) filter (where kind = 1))
     from (select kind, outcome, card from payments.card_tries
            where ${ownRows} and ${where} id > ${since}::uuid
            order by id desc limit ${ROWS_MAX}) as recent)`;

const tally = statement(
  'card_tries.tally',
  `select ${recent('network = $3::uuid and', '$7')} as network,
          ${recent('device = $4::uuid and', '$7')} as device,
          ${recent('bin = $5 and', '$8')} as bin,
          ${recent('', '$8')} as account,
          payments.card_tries_in_vain($2, $6, $7::uuid, ${ROWS_MAX}) as card,
          exists (select 1 from payments.card_tries
                   where ${ownRows} and device = $4::uuid
                     and outcome = 1) as known`,
);

const HOUR_MS = 60 * 60_000;
const SHORT_MS = 10 * 60_000;

/** Of one who tries: how it went within the hour; and of what they share with many, within ten minutes. */
export const loadTallies = async (
  context: Context,
  scope: Scope,
  who: Pick<CardTry, 'network' | 'device' | 'bin' | 'card'> & { readonly nowMs: number },
): Promise<Tallies> => {
  const [row] = await readOwn<Row & Omit<Tallies, 'isKnown'> & { readonly known: boolean }>(
    context,
    scope,
    tally,
    [
      who.network,
      who.device,
      who.bin,
      who.card,
      uuidAt(who.nowMs - HOUR_MS),
      uuidAt(who.nowMs - SHORT_MS),
    ],
  );
  const { known, ...tallies } = row ?? noTallies;
  return { ...tallies, isKnown: known };
};

const nothing: Tally = { bad: 0, good: 0, cards: 0, collected: 0 };
const noTallies = {
  network: nothing,
  device: nothing,
  bin: nothing,
  account: nothing,
  card: 0,
  known: false,
};

const ofSubject = statement(
  'card_tries.of_subject',
  `select id, step, reasons, outcome from payments.card_tries
    where ${ownRows} and subject = $3 order by id`,
);

export type TryTold = {
  readonly id: Uuid;
  readonly step: Step;
  readonly reasons: string;
  readonly outcome: Outcome;
};

export const loadTriesOf = async (
  context: Context,
  scope: Scope,
  subject: Uuid,
): Promise<readonly TryTold[]> => {
  const rows = await readOwn<
    Row & {
      readonly id: Uuid;
      readonly step: number;
      readonly reasons: string;
      readonly outcome: number;
    }
  >(context, scope, ofSubject, [subject]);
  return rows.map(({ id, step, reasons, outcome }) => ({
    id,
    step: present(stepOf.get(step), 'A step of the ladder'),
    reasons,
    outcome: present(outcomeOf.get(outcome), 'An outcome'),
  }));
};

const usedProof = statement(
  'card_tries.used_proof',
  `select 1 as used from payments.card_tries where ${ownRows} and proof = $3`,
);

export const isProofUsed = async (context: Context, scope: Scope, proof: Uuid): Promise<boolean> =>
  (await readOwn(context, scope, usedProof, [proof])).length > 0;

const stepOf = namesByCode(steps);
const outcomeOf = namesByCode(outcomes);

/** Of all accounts. */
export const forgetTries = forgetting(
  'card_tries.forget',
  'select payments.forget_card_tries($1::uuid, $2) as gone',
);
