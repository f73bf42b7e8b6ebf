// What others learn of balances: that money has become available. The balance of that moment is the snapshot.

import type { EventKind } from '#platform/events';

export const balanceAvailable: EventKind = {
  code: 271,
  type: 'balance.available',
  object: 'balance',
  renderers: {
    1: (snapshot) => ({ object: snapshot['balance'] as Readonly<Record<string, unknown>> }),
  },
  renderer: 1,
};
