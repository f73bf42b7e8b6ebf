// What a request changed when it began something that events tell only once it is over: `previous_attributes` are of
// before that request, and by then its change is stored.

import type { Charge } from '#payments/charges';
import { isManual, type PaymentIntent } from './payment-intent.ts';

const ofIntent = [
  'status',
  'customerId',
  'confirmationMethod',
  'automaticMethods',
  'transferGroup',
  'metadata',
  'description',
  'statementDescriptor',
  'statementDescriptorSuffix',
  'receiptEmail',
  'returnUrl',
  'shipping',
  'setupFutureUsage',
  'captureMethod',
  'cardOptions',
  'awayOptions',
  'allowedTypes',
  'excludedTypes',
  'types',
  'methodId',
  'lastError',
  'nextAction',
  'paymentDetails',
  'amountDetails',
] as const satisfies readonly (keyof PaymentIntent)[];

const ofCharge = [
  'statementDescriptor',
  'statementDescriptorSuffix',
  'receiptEmail',
  'transferGroup',
] as const satisfies readonly (keyof Charge)[];

/** Null where there was nothing. */
export type Untold<T> = { readonly [Name in keyof T]?: T[Name] | null };

/** Where what is begun ends in an event that says what it was before. */
const isToldLater = (intent: PaymentIntent): boolean =>
  !intent.isProcessingTold &&
  (intent.doing === 'capture' || (intent.doing === 'payment' && isManual(intent)));

const differing = <T extends object>(
  names: readonly (keyof T)[],
  before: T & { readonly untold?: Untold<T> },
  now: T,
): Untold<T> | null => {
  const changed = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );
  const untold = {
    ...Object.fromEntries(changed.map((name) => [name, before[name] ?? null])),
    ...before.untold,
  } as Untold<T>;
  return Object.keys(untold).length === 0 ? null : untold;
};

const without = <T extends { readonly untold?: unknown }>(thing: T): T => {
  if (thing.untold === undefined) return thing;
  const { untold: _told, ...rest } = thing;
  return rest as T;
};

/** The intent as it is to be stored, with what nobody was told of. */
export const notingIntent = (
  before: PaymentIntent | null,
  intent: PaymentIntent,
): PaymentIntent => {
  const now = without(intent);
  if (before === null || !isToldLater(intent)) return now;
  const untold = differing<PaymentIntent>(ofIntent, before, now);
  return untold === null ? now : { ...now, untold };
};

export const notingCharge = (
  before: Charge | null,
  charge: Charge,
  intent: PaymentIntent,
): Charge => {
  const now = without(charge);
  if (before === null || !isToldLater(intent)) return now;
  const untold = differing<Charge>(ofCharge, before, now);
  return untold === null ? now : { ...now, untold };
};

/** Left out where there is nothing, and not null. */
const leftOut: ReadonlySet<string> = new Set([
  'awayOptions',
  'excludedTypes',
  'paymentDetails',
  'amountDetails',
] satisfies (keyof PaymentIntent)[]);

/** As it was before the request that began what is over now. */
export const asToldBefore = <T extends { readonly untold?: object }>(thing: T): T => {
  if (thing.untold === undefined) return thing;
  const before = Object.entries({ ...without(thing), ...thing.untold });
  return Object.fromEntries(
    before.filter(([name, value]) => value !== null || !leftOut.has(name)),
  ) as T;
};
