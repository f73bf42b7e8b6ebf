// What our frames and the loader in the merchant's page say to each other, for the check of both.

import type { CardFault, CardField } from '../checkout/card-fields.d.ts';

export type Part = CardField;

/** What was typed: it stays between frames of our own origin. */
export type Typed = { readonly [part in Part]?: string };

export type Kind = 'card' | 'payment' | 'cardNumber' | 'cardExpiry' | 'cardCvc' | 'none';

/** What the server wrote into the page. */
export type FrameData = {
  readonly kind: Kind;
  readonly texts: Readonly<Record<CardFault | 'lost', string>>;
};

export type Appearance = {
  readonly theme?: 'light' | 'night';
  readonly variables?: Readonly<Record<string, string>>;
};

export type ElementOptions = { readonly disabled?: boolean; readonly hideIcon?: boolean };

/** The first message, with the port for all that follows. */
export type Hello = {
  readonly act: 'connect';
  readonly key: string;
  /** The frames of one card find each other by it. */
  readonly group: string;
  readonly options?: ElementOptions;
  readonly appearance?: Appearance;
};
