// Cards that a merchant takes none of: those of some networks, or paid from in some way. Both are known by the number,
// so such a card is refused before any bank is asked.

import type { Brand, Funding } from '#cards/bins';
import type { PaymentMethod } from '#cards/methods';
import { cardRefused } from '#platform/http';

export const brandNames = [
  'american_express',
  'discover_global_network',
  'mastercard',
  'visa',
] as const;
export const fundingNames = ['credit', 'debit', 'prepaid'] as const satisfies readonly Funding[];

type BrandName = (typeof brandNames)[number];
type FundingName = (typeof fundingNames)[number];

export type CardsRefused = {
  readonly brands: readonly BrandName[];
  readonly fundings: readonly FundingName[];
};

const networks: Readonly<Record<BrandName, readonly Brand[]>> = {
  american_express: ['amex'],
  discover_global_network: ['diners', 'discover', 'jcb', 'unionpay'],
  mastercard: ['mastercard'],
  visa: ['visa'],
};

export type AskedOfCards =
  | {
      readonly card?:
        | {
            readonly restrictions?:
              | {
                  readonly brands_blocked?: readonly BrandName[] | null | undefined;
                  readonly funding_types_blocked?: readonly FundingName[] | undefined;
                }
              | null
              | undefined;
          }
        | null
        | undefined;
    }
  | null
  | undefined;

export const readCardsRefused = (asked: AskedOfCards): CardsRefused | null => {
  const { brands_blocked: brands, funding_types_blocked: fundings } =
    asked?.card?.restrictions ?? {};
  const refused = { brands: [...new Set(brands)], fundings: [...new Set(fundings)] };
  return refused.brands.length + refused.fundings.length === 0 ? null : refused;
};

type Refusing = { readonly cardsRefused?: CardsRefused | null };

export const isBrandRefused = ({ cardsRefused }: Refusing, brand: string): boolean =>
  cardsRefused?.brands.some((name) => networks[name].some((network) => network === brand)) === true;

export const refuseCards = (session: Refusing, { card }: Pick<PaymentMethod, 'card'>): void => {
  if (card === null) return;
  const isOfKind = session.cardsRefused?.fundings.some((funding) => funding === card.funding);
  if (!isBrandRefused(session, card.brand) && isOfKind !== true) return;
  throw cardRefused('card_declined', { decline_code: 'card_not_supported' });
};

/** As it was asked: no empty list is shown. */
export const renderCardsRefused = ({ cardsRefused }: Refusing) =>
  cardsRefused === null || cardsRefused === undefined
    ? {}
    : {
        restrictions: {
          ...(cardsRefused.brands.length === 0 ? {} : { brands_blocked: [...cardsRefused.brands] }),
          ...(cardsRefused.fundings.length === 0
            ? {}
            : { funding_types_blocked: [...cardsRefused.fundings] }),
        },
      };
