// Before a card's bank is asked: now the card is known too. Written down first, and counted once more after
// that: many who come in one moment must not get further than one after the other.

import type { PaymentMethod } from '#cards/methods';
import { vaultOf } from '#cards/vault';
import { type Context, onRealTime, realClock, type Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { admittedOf } from './admit.ts';
import { noteAttack } from './attacks.ts';
import { isUnderAttack, judge } from './judge.ts';
import { isAtLeast, type Standing, type Step } from './ladder.ts';
import { declined, proofRequired } from './refusals.ts';
import { loadRules } from './rules.store.ts';
import { defenceOf } from './settings.ts';
import { slowDown } from './slow-down.ts';
import { type CardTry, insertTry, loadTallies } from './tries.store.ts';
import { whoIs } from './who.ts';

export type Screening = {
  readonly id: Uuid;
  /** Such a payer is told of a refusal, and of no reason. */
  readonly isSuspect: boolean;
  readonly mustAuthenticate: boolean;
  readonly isBlocked: boolean;
};

/** Null: nobody's browser is behind it. Throws where work has to be proved first. */
export const screen = async (
  context: Context,
  scope: Scope,
  { subject, method }: { readonly subject: Uuid; readonly method: PaymentMethod },
): Promise<Screening | null> => {
  const weighed = await weigh(context, scope, method);
  if (weighed === null) return null;
  const { who, before, again, challenge, observe } = weighed;
  const one: CardTry = {
    id: newUuid(onRealTime(context)),
    kind: 'tried',
    subject,
    ...who,
    ...before,
    outcome: before.step === 'block' ? 'in_vain' : 'open',
    proof: weighed.proof,
  };
  const { ok } = await context.database.commit(scope, [insertTry(scope, one)]);
  if (!ok) throw challenge();
  const standing = before.step === 'block' ? before : unlessBlocked(before, await again());
  observe(standing.step);
  if (standing.step === 'block') await slowDown(context);
  return {
    id: one.id,
    isSuspect: standing.step !== 'none',
    mustAuthenticate: standing.step === 'three_ds',
    isBlocked: standing.step === 'block',
  };
};

/** For who writes something down before a try is screened: throws where it would ask for work. */
export const askForProof = async (
  context: Context,
  scope: Scope,
  method: PaymentMethod,
): Promise<void> => {
  await weigh(context, scope, method);
};

type Weighed = {
  readonly who: Pick<CardTry, 'network' | 'device' | 'card' | 'bin'>;
  readonly before: Standing;
  readonly again: () => Promise<Standing>;
  readonly proof: Uuid | null;
  readonly challenge: () => Error;
  readonly observe: (step: Step) => void;
};

const weigh = async (
  context: Context,
  scope: Scope,
  method: PaymentMethod,
): Promise<Weighed | null> => {
  const { visitor } = context.actor;
  const defence = defenceOf(context);
  if (visitor === undefined || defence === undefined) return null;
  const { isOn, ladder } = await loadRules(context, scope);
  if (!isOn) return null;

  const admitted = admittedOf(visitor);
  const proof = admitted?.proof ?? null;
  const challenge = () =>
    admitted === undefined ? declined() : proofRequired(admitted.challenge());
  const who = {
    ...whoIs(defence.key, scope, visitor),
    card: await riskNameOf(context, scope, method),
    bin: method.card?.bin ?? null,
  };
  const look = () => loadTallies(context, scope, { ...who, nowMs: realClock(context.clock).now() });
  const tallies = await look();
  const before = judge(tallies, ladder);
  if (isUnderAttack(tallies, ladder)) await noteAttack(context, scope, tallies.account);
  if (isAtLeast(before.step, 'proof') && before.step !== 'block' && proof === null) {
    throw challenge();
  }
  return {
    who,
    before,
    again: async () => judge(await look(), ladder),
    proof,
    challenge,
    observe: (step) => defence.observe?.(step),
  };
};

/** This try is among what is counted now, so only what is far beyond counts. */
const unlessBlocked = (before: Standing, after: Standing): Standing =>
  after.step === 'block' ? after : before;

const riskNameOf = async (
  context: Context,
  scope: Scope,
  { cardId }: PaymentMethod,
): Promise<string | null> => {
  if (cardId === null) return null;
  const said = await vaultOf(context).riskFingerprints(context, { scope, card: cardId });
  return said.ok ? (said.fingerprints[0] ?? null) : null;
};
