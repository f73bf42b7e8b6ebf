// At the door: a payer's browser, or a program in its place, wants to hand in or to try a card. Judged by
// where it comes from before anybody looks at the card. Servers with a secret key never come by here.

import { beside } from '#kit/beside';
import { type Context, onRealTime, realClock, type Scope, type Visitor } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { noteAttack } from './attacks.ts';
import { isUnderAttack, judge } from './judge.ts';
import { isAtLeast } from './ladder.ts';
import { type BoundTo, challengeFor, PROOF_BITS, readProof } from './proof.ts';
import { declined, proofRequired } from './refusals.ts';
import { loadRules } from './rules.store.ts';
import { defenceOf } from './settings.ts';
import { slowDown } from './slow-down.ts';
import { insertTry, isProofUsed, loadTallies } from './tries.store.ts';
import { whoIs } from './who.ts';

export type Asked = {
  readonly scope: Scope;
  /** What its proof of work is bound to: the session or intent as it is spelled. */
  readonly subject: string;
  readonly does: 'collect' | 'try';
};

/** Throws the refusal. What it found out of the visitor is kept for when the card is known. */
export const admit = async (context: Context, { scope, subject, does }: Asked): Promise<void> => {
  const { visitor } = context.actor;
  const defence = defenceOf(context);
  if (visitor === undefined || defence === undefined) return;
  const rules = await loadRules(context, scope);
  if (!rules.isOn) return;

  const who = whoIs(defence.key, scope, visitor);
  const nowMs = realClock(context.clock).now();
  const tallies = await loadTallies(context, scope, { ...who, bin: null, card: null, nowMs });
  const { step, reasons } = judge(tallies, rules.ladder);
  if (isUnderAttack(tallies, rules.ladder)) await noteAttack(context, scope, tallies.account);
  if (step === 'block') {
    defence.observe?.(step);
    await slowDown(context);
    throw declined();
  }

  const bound: BoundTo = { scope, subject, network: visitor.network };
  const shown =
    visitor.proof === null ? null : readProof(context, defence.key, bound, visitor.proof);
  const proof = shown === null || (await isProofUsed(context, scope, shown)) ? null : shown;
  const challenge = (): string => {
    defence.observe?.('proof');
    return challengeFor(context, defence.key, bound, PROOF_BITS);
  };
  if (isAtLeast(step, 'proof') && proof === null) throw proofRequired(challenge());
  if (step === 'slow') await slowDown(context);
  admitted.set(visitor, { proof, challenge });
  if (does === 'try') return;

  const { ok } = await context.database.commit(scope, [
    insertTry(scope, {
      id: newUuid(onRealTime(context)),
      kind: 'collected',
      subject: null,
      ...who,
      card: null,
      bin: null,
      step,
      reasons,
      outcome: 'open',
      proof,
    }),
  ]);
  if (!ok) throw proofRequired(challenge());
};

export type Admitted = {
  /** Of work that was proved and not used yet. */
  readonly proof: Uuid | null;
  readonly challenge: () => string;
};

const admitted = beside<Visitor, Admitted>();

export const admittedOf = (visitor: Visitor): Admitted | undefined => admitted.get(visitor);
