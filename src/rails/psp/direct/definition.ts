import { hostCurrencies } from '#rails/acquiring';
import type { Definition, RecoveryDeclared } from '#rails/connectors';
import { settings } from './settings.ts';

/** A lost answer to what begins something is never asked for again: it is taken back. */
const takenBack: readonly RecoveryDeclared[] = [{ class: 'C' }];
/**
 * An advice keeps its numbers for good, and a host answers its repeat as it answered first: it is
 * repeated until it is acknowledged, and nothing ends that but a person.
 */
const DAY_MS = 24 * 60 * 60 * 1_000;
const repeated: readonly RecoveryDeclared[] = [{ class: 'A', windowMs: 3_650 * DAY_MS }];

const TIMEOUT_MS = 30_000;

export const definition: Definition = {
  name: 'direct',
  title: 'Acquiring bank (ISO 8583)',
  verified: 'sandbox',
  modes: ['test', 'live'],
  methods: [
    {
      type: 'card',
      brands: ['visa', 'mastercard', 'amex', 'discover', 'diners', 'jcb', 'unionpay'],
      currencies: hostCurrencies,
      countries: 'all',
    },
  ],
  operations: {
    authorize: { recovery: takenBack, timeoutMs: TIMEOUT_MS },
    sale: { recovery: takenBack, timeoutMs: TIMEOUT_MS },
    verify: { recovery: takenBack, timeoutMs: TIMEOUT_MS },
    increment: { recovery: takenBack, timeoutMs: TIMEOUT_MS, multiple: true },
    capture: { recovery: repeated, timeoutMs: TIMEOUT_MS, partial: true, multiple: true },
    void: { recovery: repeated, timeoutMs: TIMEOUT_MS },
    refund: { recovery: takenBack, timeoutMs: TIMEOUT_MS, partial: true, multiple: true },
  },
  settings,
};
