// What may become of a card that is set up: from the documentation of the API, as the model of payments.

import type { Ending } from './model.ts';

/** Of a setup: what it may have become since it was seen. */
export type SetupStatus =
  | 'requires_payment_method'
  | 'requires_action'
  | 'processing'
  | 'succeeded';
export const setupMay: Readonly<Record<SetupStatus, readonly SetupStatus[]>> = {
  requires_payment_method: ['requires_payment_method'],
  requires_action: ['requires_action', 'requires_payment_method'],
  processing: ['processing', 'succeeded', 'requires_payment_method'],
  succeeded: ['succeeded'],
};

/** How a card that is set up ends, as its request is answered. */
export const setUpMay = (
  ending: Ending,
  isShaky: boolean,
): readonly { readonly http: number; readonly code?: string; readonly status: SetupStatus }[] => {
  const usual = ((): { http: number; code?: string; status: SetupStatus } => {
    switch (ending.ends) {
      case 'paid':
        return { http: 200, status: 'succeeded' };
      case 'declined':
        return { http: 402, code: ending.code, status: 'requires_payment_method' };
      case 'asked':
        return { http: 200, status: 'requires_action' };
    }
  })();
  if (!isShaky) return [usual];
  return [
    usual,
    { http: 200, status: 'processing' },
    { http: 402, status: 'requires_payment_method' },
    { http: 200, status: 'succeeded' },
  ];
};
