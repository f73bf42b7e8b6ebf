import { findCustomerNamed } from '#cards/customers';
import { spellMethod } from '#cards/methods';
import type { Context } from '#kit/context';
import type { Outcome, TypedRequest } from '#platform/http';
import { isSameAgreement, withoutAgreement } from './agreed-mandate.ts';
import { applyParameters } from './apply-parameters.ts';
import { findIntent } from './find-intent.ts';
import type { updateParameters } from './intent-parameters.ts';
import { next } from './intent-states.ts';
import { writePayment } from './payment.ts';
import { isSameQuestion, type PaymentIntent } from './payment-intent.ts';
import { cannotChangeMethod, cannotUpdate, refuseMade } from './refusals.ts';
import { renderIntent } from './render-intent.ts';
import {
  checkMethod,
  refuseEarlyCvc,
  relatedTo,
  type TakenMethod,
  takeMethod,
  undoing,
} from './take-method.ts';
import { checkWay, withTypes } from './ways-of-intent.ts';

type Request = TypedRequest<typeof updateParameters>;

export const updateIntent = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findIntent(context, scope, request.path['intent'] ?? '');
  refuseByState(before, scope.livemode, asked);
  refuseEarlyCvc(asked.payment_method_options);
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const applied = applyParameters(before, asked);
  const changed: PaymentIntent = {
    ...(changesTypes(asked) ? await withTypes(context, scope, applied, asked) : applied),
    ...(customer === null ? {} : { customerId: customer.id }),
  };
  const taken = await takeMethod(context, scope, asked);
  return undoing(taken, async () => change(context, request, before, changed, taken));
};

/** What fits depends on these. */
const changesTypes = (asked: Readonly<Record<string, unknown>>): boolean =>
  [
    'amount',
    'currency',
    'allowed_payment_method_types',
    'excluded_payment_method_types',
    'payment_method_types',
    'capture_method',
    'setup_future_usage',
  ].some((name) => asked[name] !== undefined);

const change = (
  context: Context,
  request: Request,
  before: PaymentIntent,
  changed: PaymentIntent,
  taken: TakenMethod | null,
): Outcome => {
  const { scope, parameters: asked } = request;
  if (taken !== null) {
    checkMethod(changed, taken.method);
    checkWay(changed, taken.method);
  }
  const after: PaymentIntent =
    taken !== null
      ? { ...changed, methodId: spellMethod(taken.method), status: 'requires_confirmation' }
      : asked.payment_method === null
        ? { ...changed, methodId: null, status: 'requires_payment_method' }
        : asksAnew(before, changed);
  // Asking for what already holds changes nothing.
  if (sameAs(before, after)) return { body: renderIntent(before, scope.livemode) };

  const asking = isSameQuestion(before, after)
    ? after
    : { ...after, nextAction: null, authenticationId: null };
  const written = writePayment(
    context,
    scope,
    {
      before: { intent: before, charge: null },
      intent: isSameAgreement(before, after) ? asking : withoutAgreement(asking),
      charge: null,
      kinds: [],
    },
    request,
  );
  return {
    body: renderIntent(written.intent, scope.livemode),
    writes: [...(taken?.writes ?? []), ...written.writes],
    ...relatedTo(taken?.method, scope.livemode),
    ...(taken === null ? {} : { undo: taken.undo }),
  };
};

/** A payer who is being asked about one amount must not pay another by coming back. */
const asksAnew = (before: PaymentIntent, after: PaymentIntent): PaymentIntent =>
  before.status === 'requires_action' && !isSameQuestion(before, after)
    ? { ...after, status: next(before.status, 'method_given') ?? before.status }
    : after;

const sameAs = (a: PaymentIntent, b: PaymentIntent): boolean => {
  const spell = (intent: PaymentIntent): string =>
    JSON.stringify(intent, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  return spell(a) === spell(b);
};

/** Once money is on its way, only what describes it may change. */
const always: ReadonlySet<string> = new Set([
  'metadata',
  'description',
  'receipt_email',
  'shipping',
  'transfer_group',
  'statement_descriptor',
  'statement_descriptor_suffix',
]);

const refuseByState = (
  intent: PaymentIntent,
  livemode: boolean,
  asked: Readonly<Record<string, unknown>>,
): void => {
  const isOpen =
    intent.doing === null &&
    (intent.status === 'requires_payment_method' ||
      intent.status === 'requires_confirmation' ||
      intent.status === 'requires_action');
  const name = Object.keys(asked).find((each) => !always.has(each));
  if (name === undefined) return;
  refuseMade(intent, livemode, 'update');
  if (isOpen) return;
  throw name.startsWith('payment_method')
    ? cannotChangeMethod(intent, livemode)
    : cannotUpdate(intent, livemode, name);
};
