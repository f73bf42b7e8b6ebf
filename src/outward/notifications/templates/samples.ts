// Letters to look at and to test with, one of each template and of what may vary in it.

import type { Letter, TemplateName } from './letter.ts';

const common = {
  sender: {
    name: 'Fern & Tide',
    supportEmail: 'hello@fern-and-tide.example',
    supportUrl: null,
    accent: { light: '#0a5c36', onLight: '#ffffff', dark: '#5ea381', onDark: '#17202e' },
  },
  amount: 12_950,
  currency: 'eur',
  atMs: Date.UTC(2026, 9, 28, 15, 4),
  isTest: true,
};

const receipt = {
  receiptNumber: '4821-0731',
  receiptUrl: 'https://pay.example.com/receipts/sample',
  pdfUrl: 'https://pay.example.com/receipts/sample/pdf?lang=en',
  paidWith: { brand: 'visa', last4: '4242' },
  statementDescriptor: 'FERN AND TIDE',
  description: 'Order 1042: a teapot and two cups',
};

export const samples: Readonly<Record<TemplateName, Letter>> = {
  payment_receipt: { template: 'payment_receipt', ...common, ...receipt },
  refund_receipt: {
    template: 'refund_receipt',
    ...common,
    ...receipt,
    amount: 4_500,
    paid: 12_950,
    refundedInAll: 6_000,
  },
  payment_failed: {
    template: 'payment_failed',
    ...common,
    reason: 'funds',
    retryUrl: 'https://shop.example.com/orders/1042/pay',
    wasInDoubt: false,
  },
  payment_checking: { template: 'payment_checking', ...common },
  session_expired: {
    template: 'session_expired',
    ...common,
    recoveryUrl: 'https://pay.example.com/c/sample',
  },
};
