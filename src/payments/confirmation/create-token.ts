import {
  createMethodParameters,
  findMethod,
  insertMethod,
  makeMethod,
  optionsOfOthers,
  takeCvcToken,
} from '#cards/methods';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  ApiError,
  address,
  anything,
  emptyable,
  id,
  type Outcome,
  object,
  oneOf,
  parameterMissing,
  phone,
  required,
  returnUrl,
  type TypedRequest,
  text,
} from '#platform/http';
import { type ConfirmationToken, renderToken } from './confirmation-token.ts';
import { acceptingNow, mandateOf, mandateParameters } from './mandate-data.ts';
import { insertToken } from './tokens.store.ts';

const cardOptions = object({
  cvc_token: id(),
  installments: object({ plan: emptyable(anything()) }),
});

export const createParameters = object(
  {
    mandate_data: emptyable(mandateParameters),
    payment_method: id(),
    payment_method_data: createMethodParameters,
    payment_method_options: object({ ...optionsOfOthers, card: cardOptions }),
    return_url: returnUrl(),
    setup_future_usage: oneOf('off_session', 'on_session'),
    shipping: object({
      address: required(address()),
      name: required(text()),
      phone: emptyable(phone()),
    }),
  },
  { exclusive: [['payment_method', 'payment_method_data']] },
);

export const createConfirmationToken = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const { mandate_data: mandate, payment_method_options: options } = asked;
  refusePlan(options?.card?.installments?.plan);
  const cvcToken = options?.card?.cvc_token;
  if (cvcToken !== undefined) await takeCvcToken(context, scope, cvcToken, CVC_TOKEN);
  const made = await methodFor(context, request);
  const token: ConfirmationToken = {
    id: newUuid(context),
    usedBy: null,
    method: made.method,
    returnUrl: asked.return_url ?? null,
    setupFutureUsage: asked.setup_future_usage ?? null,
    shipping: shippingOf(asked.shipping),
    ...(cvcToken === undefined ? {} : { cvcToken }),
    ...(mandate === undefined || mandate === null
      ? {}
      : { mandate: mandateOf(mandate, acceptingNow(context)) }),
  };
  return {
    body: renderToken(token, scope.livemode),
    writes: [...made.writes, insertToken(scope, token)],
    undo: made.undo,
  };
};

const CVC_TOKEN = 'payment_method_options[card][cvc_token]';

/** As at payments: the whole would be taken at once, and not as the payer was told. */
const refusePlan = (plan: unknown): void => {
  if (plan === undefined || plan === null) return;
  const param = 'payment_method_options[card][installments][plan]';
  throw new ApiError(
    400,
    `Paying in installments is not part of this installation: remove '${param}'.`,
    { param },
  );
};

const nothing = async (): Promise<void> => {};

const methodFor = async (
  context: Context,
  { scope, principal, parameters: asked }: TypedRequest<typeof createParameters>,
) => {
  const { payment_method: spelled, payment_method_data: data } = asked;
  if (data !== undefined) {
    return makeMethod(context, scope, data, 'payment_method_data');
  }
  if (spelled === undefined) throw parameterMissing('payment_method_data');
  const found = await findMethod(context, scope, spelled, 'payment_method');
  if (!found.isNew && principal.kind === 'publishable') {
    throw new ApiError(400, 'A page confirms with what its payer types, not with stored methods.', {
      param: 'payment_method',
    });
  }
  const { method, isNew, undo = nothing } = found;
  return { method, undo, writes: isNew ? [insertMethod(scope, method)] : [] };
};

const shippingOf = (
  asked: TypedRequest<typeof createParameters>['parameters']['shipping'],
): ConfirmationToken['shipping'] => {
  if (asked === undefined) return null;
  const { city, country, line1, line2, postal_code: code, state } = asked.address;
  return {
    address: {
      city: city ?? null,
      country: country ?? null,
      line1: line1 ?? null,
      line2: line2 ?? null,
      postal_code: code ?? null,
      state: state ?? null,
    },
    name: asked.name,
    phone: asked.phone ?? null,
  };
};
