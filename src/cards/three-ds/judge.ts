// What follows from what a bank said. Pure.

import type { Learned } from './card-authentication.ts';
import type { Step } from './change-authentication.ts';
import type { Said } from './messages.ts';

/** Which indicators belong to which outcome: Mastercard counts them otherwise. */
const indicators = {
  Y: ['05', '02'],
  A: ['06', '01'],
  // Asked for nothing, or told only: no proof, and the merchant answers for the payment.
  I: ['07', '00', '06', '05'],
} as const;

const mastercard: ReadonlySet<string> = new Set(['mastercard', 'maestro']);
const indicatorFor = (brand: string, status: 'Y' | 'A' | 'I'): string =>
  mastercard.has(brand)
    ? { Y: '02', A: '01', I: '00' }[status]
    : { Y: '05', A: '06', I: '07' }[status];

/** The words of ours for an end without a proof. */
const ends: Readonly<Record<'N' | 'R' | 'U', { event: 'fail' | 'find_impossible'; why: string }>> =
  {
    N: { event: 'fail', why: 'not_authenticated' },
    // The bank wants this payment not even to be tried.
    R: { event: 'fail', why: 'rejected' },
    U: { event: 'find_impossible', why: 'bank_unavailable' },
  };

export const judge = (
  said: Said,
  brand: string,
  seal: (cavv: string) => string,
  more: Partial<Learned>,
): Step => {
  const { transStatus: status } = said;
  const learned: Partial<Learned> = {
    ...more,
    acsTransactionId: said.acsTransactionId,
    directoryTransactionId: said.directoryTransactionId,
    transStatus: status,
  };
  switch (status) {
    case 'Y':
    case 'A':
    case 'I': {
      const eci = said.eci ?? indicatorFor(brand, status);
      const fits = (indicators[status] as readonly string[]).includes(eci);
      // A yes without its value, or with the indicator of another answer, proves nothing.
      if (!fits || (said.cavv === null && status !== 'I')) {
        return {
          event: 'find_impossible',
          learned: { ...learned, transStatus: null, why: 'proof_malformed' },
        };
      }
      const cavv = said.cavv === null ? null : seal(said.cavv);
      return { event: 'complete', learned: { ...learned, eci, cavv } };
    }
    case 'N':
    case 'R':
    case 'U':
      return { event: ends[status].event, learned: { ...learned, why: ends[status].why } };
    case 'C':
      return { event: 'challenge', learned };
    case 'D':
      return {
        event: 'find_impossible',
        learned: { ...learned, why: 'asked_elsewhere' },
      };
  }
};
