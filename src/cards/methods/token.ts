// A token: a card that came in once and becomes something else once.

import type { Uuid } from '#kit/ids';
import type { CardFacts, LegacyCard } from './payment-method.ts';

export type TokenCard = {
  readonly facts: CardFacts;
  /** The `card_…` under which the token shows the card. */
  readonly shownId: Uuid;
  readonly legacy: LegacyCard;
};

export type Token = {
  readonly id: Uuid;
  readonly type: 'card' | 'cvc_update';
  readonly used: boolean;
  /** In the vault, until what the token becomes takes it over. */
  readonly cardId: Uuid | null;
  readonly cvcRef: Uuid | null;
  readonly clientIp: string | null;
  readonly card: TokenCard | null;
};
