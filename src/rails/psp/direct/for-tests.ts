// The other side of the common suite: the sandbox's bank, over its real link, judged by its journal.

import { present } from '#kit/assert';
import type { FaultKind, FaultRule } from '../../../../sandbox/faults/fault.ts';
import { quick } from '../../../../test/acquiring/support/impatient.ts';
import { controlOf } from '../../../../test/sandbox/support/control.ts';
import { newSandbox } from '../../../../test/sandbox/support/world.ts';
import type {
  FaultName,
  Happened,
  OtherSideStarter,
  SuiteCard,
} from '../../connectors/for-tests-suite.ts';
import { directOver } from './index.ts';

const card = (number: string): SuiteCard => ({
  number,
  expMonth: 12,
  expYear: 2034,
  cvc: '123',
});

const kinds: Readonly<Partial<Record<FaultName, Pick<FaultRule, 'kind' | 'delayMs' | 'code'>>>> = {
  lost_before: { kind: 'down' },
  lost_after: { kind: 'hang' },
  cut: { kind: 'cut' },
  reset: { kind: 'reset' },
  slow: { kind: 'slow', delayMs: 1_200 },
  error_after: { kind: 'wrong_code', code: '96' },
  wrong_amount: { kind: 'wrong_amount' },
  wrong_currency: { kind: 'wrong_currency' },
  wrong_reference: { kind: 'swapped' },
  unknown_word: { kind: 'wrong_code', code: 'Z9' },
};

const types = {
  authorize: '0100',
  verify: '0100',
  sale: '0200',
  increment: '0100',
  capture: '0220',
  void: '0420',
  refund: '0200',
} as const;

/** Longer than the bank's slowest answer: what is late is still heard, and nothing else is waited for. */
const LATE_MS = 2_000;
const reversalWithoutOriginal = { codes: ['25'], afterMs: LATE_MS };

export const otherSide: OtherSideStarter = {
  connector: directOver(quick({ reversalWithoutOriginal }, { lateMs: LATE_MS })),
  start: async () => {
    const bank = await newSandbox();
    const control = controlOf(bank.ports.control);
    return {
      settings: {
        host: '127.0.0.1',
        port: bank.ports.acquirer,
        acquirer_id: '12345',
        terminal_id: 'TERM0001',
        merchant_id: 'MERCHANT0000001',
        merchant_category: '5999',
        settlement_url: `http://127.0.0.1:${bank.ports.control}/acquirer/settlements`,
      },
      currency: 'eur',
      cards: {
        approved: card('4242424242424242'),
        declined: [
          { card: card('4000000000000002'), code: 'generic_decline' },
          { card: card('4000000000009995'), code: 'insufficient_funds' },
          { card: card('4000000000009987'), code: 'lost_card' },
          { card: card('4000000000000127'), code: 'incorrect_cvc' },
          { card: card('4000000000000069'), code: 'expired_card' },
        ],
      },
      faults: Object.keys(kinds) as FaultName[],
      play: (fault, on) => {
        const rule = kinds[fault] as { readonly kind: FaultKind };
        bank.setFaults([{ id: fault, ...rule, times: 1, when: { mti: types[on] } }]);
      },
      happened: (reference): Happened => {
        const journal = bank.journal();
        const bookings = journal.lines.filter(
          ({ fact }) => fact.fact === 'approved' && fact.request.paymentReference === reference,
        ).length;
        const [live] = journal
          .liveApprovals()
          .filter(({ paymentReference }) => paymentReference === reference);
        return {
          bookings,
          held: live?.heldMinor ?? 0n,
          captured: live?.capturedMinor ?? 0n,
          refunded: live?.refundedMinor ?? 0n,
        };
      },
      settle: async () => {
        const { body } = await control.send('POST', '/cut-over', {});
        const [batch] = body['batches'] as { readonly report: string }[];
        return control.text(present(batch, 'A batch of what was sold').report);
      },
      // The world ends by itself at the end of the file, after the gateway has signed off.
      close: () => Promise.resolve(),
    };
  },
};
