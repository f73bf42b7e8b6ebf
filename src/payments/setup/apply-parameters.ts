// What a setup intent becomes by what was asked: pure. A field that was not sent keeps its value.

import type { Static } from 'typebox';
import { withoutLink } from '#cards/methods';
import { type Accepting, mandateOf } from '#payments/confirmation';
import { mandateOptionsOf, refuseByTelephone, refuseForeignProof } from '#payments/intents';
import { ApiError, mergeMetadata } from '#platform/http';
import type { SetupIntent } from './setup-intent.ts';
import type { confirmParameters, createParameters, updateParameters } from './setup-parameters.ts';

export type Asked = Partial<
  Static<typeof createParameters> &
    Static<typeof updateParameters> &
    Static<typeof confirmParameters>
>;

export const applyParameters = (
  setup: SetupIntent,
  asked: Asked,
  accepting: Accepting,
): SetupIntent => {
  refuseWhatCannotBe(asked);
  const card = asked.payment_method_options?.card;
  refuseByTelephone(card?.moto);
  refuseForeignProof(card?.three_d_secure);
  const automatic = asked.automatic_payment_methods;
  const { excludedTypes: _excluded, ...kept } = setup;
  return {
    ...kept,
    ...typesOf(setup, asked),
    ...excludedOf(setup, asked),
    ...(automatic === undefined
      ? {}
      : {
          automaticMethods: automatic.enabled
            ? { allowRedirects: automatic.allow_redirects ?? 'always' }
            : null,
        }),
    description: asked.description === undefined ? setup.description : asked.description,
    metadata: mergeMetadata(setup.metadata, asked.metadata),
    returnUrl: asked.return_url ?? setup.returnUrl,
    usage: asked.usage ?? setup.usage,
    requestThreeDSecure: card?.request_three_d_secure ?? setup.requestThreeDSecure,
    ...(card?.network === undefined ? {} : { network: card.network }),
    ...(card?.mandate_options === undefined
      ? {}
      : {
          mandateOptions: {
            ...mandateOptionsOf(card.mandate_options),
            currency: card.mandate_options.currency,
          },
        }),
    mandateData:
      asked.mandate_data === undefined
        ? setup.mandateData
        : asked.mandate_data === null
          ? null
          : mandateOf(asked.mandate_data, accepting),
  };
};

/** An impossible type is refused by the older name, and left out by the newer one. */
const typesOf = (
  { allowedTypes }: SetupIntent,
  { payment_method_types: types, allowed_payment_method_types: allowed }: Asked,
): Pick<SetupIntent, 'allowedTypes'> => {
  const impossible = withoutLink(types ?? []).find((type) => type !== 'card');
  if (impossible !== undefined) {
    throw new ApiError(
      400,
      `The payment method type "${impossible}" is invalid. It must be a type that this account takes: card.`,
      { param: 'payment_method_types' },
    );
  }
  return { allowedTypes: allowed === undefined ? allowedTypes : allowed };
};

/** Cards alone are kept here, so whoever excludes them leaves nothing. */
const excludedOf = (
  { excludedTypes }: SetupIntent,
  { excluded_payment_method_types: asked }: Asked,
): Pick<SetupIntent, 'excludedTypes'> => {
  const now = asked === undefined ? excludedTypes : [...new Set(asked)];
  if (now === undefined || now.length === 0) return {};
  if (now.includes('card')) {
    throw new ApiError(
      400,
      'No valid payment method types for this Setup Intent. Only cards can be kept here: exclude fewer of them.',
      { param: 'excluded_payment_method_types' },
    );
  }
  return { excludedTypes: now };
};

const absent: Readonly<Record<string, string>> = {
  attach_to_self: 'Connected accounts',
  customer_account: 'Customer accounts of the second API',
  flow_directions: 'Outbound flows',
  on_behalf_of: 'Connected accounts',
  payment_method_configuration: 'Payment method configurations',
  single_use: 'Single-use mandates',
};

const refuseWhatCannotBe = (asked: Readonly<Record<string, unknown>>): void => {
  for (const [name, what] of Object.entries(absent)) {
    if (asked[name] === undefined || asked[name] === null || asked[name] === false) continue;
    throw new ApiError(400, `${what} are not part of this installation: remove '${name}'.`, {
      param: name,
    });
  }
};
