// The flat fields of a card in the older spelling.

import type { LegacyCard } from './payment-method.ts';
import type { CardInput } from './receive-card.ts';

export type LegacyInput = CardInput & {
  readonly address_city?: string;
  readonly address_country?: string;
  readonly address_line1?: string;
  readonly address_line2?: string;
  readonly address_state?: string;
  readonly address_zip?: string;
  readonly currency?: string;
};

export const legacyOf = (card: LegacyInput): LegacyCard => ({
  name: card.name ?? null,
  addressCity: card.address_city ?? null,
  addressCountry: card.address_country ?? null,
  addressLine1: card.address_line1 ?? null,
  addressLine2: card.address_line2 ?? null,
  addressState: card.address_state ?? null,
  addressZip: card.address_zip ?? null,
  currency: card.currency ?? null,
});
