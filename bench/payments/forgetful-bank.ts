// A provider in the gateway's memory that says yes to each sale, after as long as it is told. It keeps nothing of it: what a
// provider remembers is no part of a gateway, and a collector of memory would have more and more to look through.

import type { Connector } from '#rails/connectors';
import { testBank } from '../../src/payments/intents/for-tests-bank.ts';

export type ForgetfulBank = { readonly connector: Connector; delayMs: number };

export const forgetfulBank = (name: string): ForgetfulBank => {
  const { connector } = testBank(name);
  const bank: ForgetfulBank = {
    delayMs: 0,
    connector: {
      ...connector,
      open: (...opened) => ({
        ...connector.open(...opened),
        sale: async ({ operation, withCard }) => {
          const isThere = await withCard(async ({ number }) => number.length > 0);
          if (bank.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, bank.delayMs));
          const { amount, currency, reference } = operation;
          if (!isThere) return { outcome: 'declined', code: 'generic_decline' };
          return {
            outcome: 'approved',
            amount,
            currency,
            reference,
            providerId: `bank_${reference}`,
            told: {
              authorizationCode: '123456',
              networkTransactionId: '987654321098765',
              checks: { cvc: 'pass' },
            },
          };
        },
      }),
    },
  };
  return bank;
};
