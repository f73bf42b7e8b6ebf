// By what a search finds the charges of a card without reading their details: see `0009-by-card.sql`, which says the same.

import { sha256 } from '#kit/crypto';
import type { Charge } from './charge.ts';

type Charged = Pick<Charge, 'method'>;

export const last4Of = ({ method: { card } }: Charged): number =>
  card === null ? -1 : Number(card.last4);

/** Of two billion cards each has its own, nearly; a search compares the rest. */
export const cardBitsOf = ({ method: { card } }: Charged): number =>
  card === null ? 0 : sha256(card.fingerprint.toLowerCase()).readInt32BE();
