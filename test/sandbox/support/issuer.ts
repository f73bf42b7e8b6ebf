import { type Approval, opening, withChange } from '../../../sandbox/issuer/approval.ts';

export const anApproval = (kind: Approval['kind'], amountMinor: bigint): Approval =>
  withChange(
    {
      id: 'a',
      kind,
      card: 'card_a',
      network: 'visa',
      funding: 'credit',
      rrn: '632412000001',
      terminal: 'TERM0001',
      merchant: 'M1',
      institution: '1',
      authorizationCode: 'ABC123',
      currency: '978',
      approvedMinor: amountMinor,
      heldMinor: 0n,
      capturedMinor: 0n,
      refundedMinor: 0n,
      chargedBackMinor: 0n,
      state: 'held',
      heldUntilMs: 0,
    },
    opening(kind, amountMinor),
  );
