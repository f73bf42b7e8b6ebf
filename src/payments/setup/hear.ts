// What is written of a setup intent whenever something is learned of its question to the bank, by whichever
// way: the answer, a look-up, a late word.

import {
  attachMethod,
  loadMethods,
  type PaymentMethod,
  parseMethodId,
  renderPaymentMethod,
  updateMethod,
} from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Mandate } from '#payments/confirmation';
import type { LastError } from '#payments/intents';
import type { Cause } from '#platform/events';
import type { OperationListener } from '#rails/connectors';
import { type Change, decidedOnce, heldWhileSending } from '#rails/operations';
import { concludeSetup, type DecidedSetup, failSetup, isHolderWanted } from './conclude-setup.ts';
import { leftBehind } from './left-behind.ts';
import { insertMandate, loadAttempts, loadSetup, updateAttempt } from './setup.store.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { setupListenersWrites } from './setup-listeners.ts';
import { keepingOf, unkept } from './unkept.ts';
import { writeSetup } from './write-setup.ts';

export type ConcludedSetup = {
  readonly setup: SetupIntent;
  readonly method: PaymentMethod | null;
  readonly attempt?: SetupAttempt;
  readonly mandate?: Mandate | null;
  readonly writes: readonly Write[];
  /** A no that is kept open, because the holder is asked. */
  readonly isAsked: boolean;
};

type Sent = {
  /** By which request: whoever hears of the answer first tells of it in events. */
  readonly cause: Cause;
  /** A bank that wants its holder to be asked has not ended what the operation is of. */
  readonly mayAsk: boolean;
};

const sends = heldWhileSending<Sent>();

/** While `work` runs, what is learned of the operation is what was sent for. */
export const whileSending = sends.holding;

export const onOperation: OperationListener = (context, scope, change) =>
  change.after.kind === 'verify' ? writesOf(context, scope, change) : null;

const writesOf = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => (await conclusionOf(context, scope, change))?.writes ?? [];

/** Null: it is no business of a setup intent. */
export const conclusionOf = decidedOnce<ConcludedSetup | null>((context, scope, change) =>
  conclude(context, scope, change),
);

const conclude = async (
  context: Context,
  scope: Scope,
  { after, conclusion }: Change,
): Promise<ConcludedSetup | null> => {
  if (after.kind !== 'verify') return null;
  const setup = await loadSetup(context, scope, after.intentId);
  if (setup === undefined || setup.latestAttemptId === null) return null;
  const id = setup.latestAttemptId;
  const attempt = (await loadAttempts(context, scope, [id])).get(id);
  const method = await methodOf(context, scope, setup.methodId);
  if (attempt === undefined || attempt.attempt !== after.attempt) {
    return { setup, method, writes: [], isAsked: false };
  }
  const sent = sends.heldOf(context, { of: after.id, which: 'verify' })?.known;
  if (sent?.mayAsk === true && conclusion.state === 'declined' && isHolderWanted(conclusion)) {
    return {
      setup,
      method,
      writes: [leftBehind(context, scope, { setup, attempt })],
      isAsked: true,
    };
  }
  const shown = method === null ? null : renderPaymentMethod(method, scope.livemode);
  const decided = concludeSetup({ setup, attempt }, conclusion, shown);
  if (decided === null) return { setup, method, writes: [], isAsked: false };
  const named = conclusion.told?.networkTransactionId;
  return writeConcluded(context, scope, {
    before: { setup, attempt },
    decided,
    method:
      method === null || named === undefined
        ? method
        : { ...method, firstNetworkTransactionId: named },
    cause: sent?.cause ?? null,
  });
};

export const methodOf = async (
  context: Context,
  scope: Scope,
  spelled: string | null,
): Promise<PaymentMethod | null> => {
  const id = spelled === null ? null : parseMethodId(spelled);
  return id === null ? null : ((await loadMethods(context, scope, [id])).get(id) ?? null);
};

const writeConcluded = async (
  context: Context,
  scope: Scope,
  input: {
    readonly before: { readonly setup: SetupIntent; readonly attempt: SetupAttempt };
    readonly decided: DecidedSetup;
    readonly method: PaymentMethod | null;
    readonly cause: Cause;
  },
): Promise<ConcludedSetup> => {
  const { before, method, cause } = input;
  const kept: Kept =
    input.decided.isKept && method !== null
      ? await keep(context, scope, input, method)
      : { ok: true, method, writes: [] };
  // The card is good and nobody has it: a setup that said otherwise would be believed.
  const decided = kept.ok ? input.decided : failSetup(before, kept.error);
  const attempt = { ...decided.attempt, version: before.attempt.version + 1 };
  const mandate = decided.isKept ? mandateOf(context, decided.setup, method) : null;
  const written = writeSetup(context, scope, {
    before: before.setup,
    setup:
      mandate === null
        ? decided.setup
        : { ...decided.setup, mandateData: null, mandateId: mandate.id },
    kinds: decided.kinds,
    cause,
  });
  return {
    setup: written.setup,
    method: kept.ok ? kept.method : method,
    attempt,
    mandate,
    isAsked: false,
    writes: [
      ...(kept.ok ? kept.writes : []),
      ...(mandate === null ? [] : [insertMandate(scope, mandate)]),
      ...written.writes,
      updateAttempt(scope, attempt),
      // Drawn last, so that the effect is told after its cause.
      ...(await setupListenersWrites(context, scope, {
        setup: written.setup,
        kinds: decided.kinds,
        cause,
      })),
    ],
  };
};

type Kept =
  | { readonly ok: true; readonly method: PaymentMethod | null; readonly writes: readonly Write[] }
  | { readonly ok: false; readonly error: LastError };

/** The card becomes its customer's, and remembers what its first use was called. */
const keep = async (
  context: Context,
  scope: Scope,
  { decided, cause }: { readonly decided: DecidedSetup; readonly cause: Cause },
  method: PaymentMethod,
): Promise<Kept> => {
  const keeping = await keepingOf(context, scope, decided.setup, method);
  if (!keeping.ok) return keeping;
  const { customerId } = decided.setup;
  if (customerId === null || method.state === 'attached') {
    // Also where nothing else is new: whoever uses it up or detaches it just now loses, or this does.
    const named = { ...method, version: method.version + 1 };
    return { ok: true, method: named, writes: [...keeping.writes, updateMethod(scope, named)] };
  }
  try {
    const found = { method, isNew: false };
    const attached = attachMethod(context, { scope, found, customerId, request: cause });
    return { ok: true, method: attached.method, writes: [...keeping.writes, ...attached.writes] };
  } catch (error) {
    return { ok: false, error: unkept(scope, method, error) };
  }
};

const mandateOf = (
  context: Context,
  { mandateData }: SetupIntent,
  method: PaymentMethod | null,
): Mandate | null =>
  mandateData === null || method === null
    ? null
    : {
        ...mandateData,
        id: newUuid(context),
        methodId: renderPaymentMethod(method, false).id,
        methodType: method.type,
      };
