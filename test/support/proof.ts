/** What the bank of a card tells of a holder who agreed, where a test stands in for whoever asks them. */
export const proof = {
  outcome: 'authenticated',
  version: '2.2.0',
  eci: '05',
  cavv: null,
  directoryServerTransactionId: null,
  exemption: null,
} as const;
