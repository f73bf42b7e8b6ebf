// What a session says of cards that were kept before, and of the one that it keeps. A page shows none of the
// former: who asks for them to be offered, filtered or removed is told so.

import { arrayOf, object, oneOf } from '#platform/http';
import { notYet } from './refusals.ts';

const redisplay = oneOf('always', 'limited', 'unspecified');
const whether = oneOf('disabled', 'enabled');

export const methodDataParameters = object({ allow_redisplay: redisplay });

export const savedMethodsParameters = object({
  allow_redisplay_filters: arrayOf(redisplay),
  payment_method_remove: whether,
  payment_method_save: whether,
});

type Redisplay = 'always' | 'limited' | 'unspecified';

type Asked = {
  readonly allow_redisplay_filters?: readonly string[] | undefined;
  readonly payment_method_remove?: 'disabled' | 'enabled' | undefined;
  readonly payment_method_save?: 'disabled' | 'enabled' | undefined;
};

export type SavedMethods = {
  readonly remove: 'disabled' | null;
  readonly save: 'disabled' | null;
};

export const readSavedMethods = (
  asked: Asked | undefined,
): { readonly savedMethods?: SavedMethods } => {
  if (asked === undefined) return {};
  const refuseWanted = (name: keyof Asked, isWanted: boolean, what: string): void => {
    if (isWanted) throw notYet(`saved_payment_method_options[${name}]`, what);
  };
  const { payment_method_remove: remove, payment_method_save: save } = asked;
  const filters = asked.allow_redisplay_filters ?? [];
  refuseWanted('allow_redisplay_filters', filters.length > 0, 'Offering saved cards is');
  refuseWanted('payment_method_remove', remove === 'enabled', 'Removing saved cards on a page is');
  refuseWanted('payment_method_save', save === 'enabled', 'Asking payers whether to save cards is');
  if (remove === undefined && save === undefined) return {};
  return {
    savedMethods: {
      remove: remove === undefined ? null : 'disabled',
      save: save === undefined ? null : 'disabled',
    },
  };
};

export const renderSavedMethods = (saved: SavedMethods | undefined) =>
  saved === undefined
    ? null
    : {
        allow_redisplay_filters: null,
        payment_method_remove: saved.remove,
        payment_method_save: saved.save,
      };

type Paying = {
  readonly payment_method_data?: { readonly allow_redisplay?: Redisplay } | undefined;
};

/** The merchant's word on a card that comes new, whatever its payer's browser says. */
export const withRedisplay = <S extends Paying>(
  said: S,
  { allowRedisplay }: { readonly allowRedisplay?: Redisplay },
): S =>
  allowRedisplay === undefined || said.payment_method_data === undefined
    ? said
    : {
        ...said,
        payment_method_data: { ...said.payment_method_data, allow_redisplay: allowRedisplay },
      };
