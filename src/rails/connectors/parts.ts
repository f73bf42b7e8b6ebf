// What the rails of a process are made of.

import type { Clock, Context } from '#kit/context';
import type { Mac } from '#kit/crypto';
import type { Uuid } from '#kit/ids';
import type { OperationKind, Outgoing } from '#rails/operations';
import type { ConnectorFunctions, ConnectorOperation } from './connector.ts';
import type { Directory } from './directory.ts';
import type { Notes } from './http.ts';
import type { DisputeListener, OperationListener } from './rails.ts';

export type Parts = {
  /** On real time. */
  readonly context: Context;
  /** That of the house, which a user of test mode may have moved. */
  readonly clock: Clock;
  readonly directory: Directory;
  /** By the connector's name: opened once. */
  readonly functions: ReadonlyMap<string, ConnectorFunctions>;
  readonly outgoing: Outgoing;
  readonly providerKeys: Mac;
  readonly listeners: readonly OperationListener[];
  readonly disputeListeners: readonly DisputeListener[];
  readonly timeoutMsMax: number;
  readonly notes: Notes;
  /** What calls were made for of which the database knows nothing: nothing else is sent for it. */
  forgotten: ReadonlySet<Uuid>;
  /** What providers are being asked at once, by operation. */
  readonly asking: Map<Uuid, Promise<void>>;
  /** Webhooks refused, by connector, since the process began. */
  readonly counts: { readonly unverified: Map<string, number> };
};

/** Which function does it. A payout has none, and an inquiry is a look-up of the resolver. */
export const verbOf: Readonly<Partial<Record<OperationKind, ConnectorOperation | 'reverse'>>> = {
  authorize: 'authorize',
  sale: 'sale',
  verify: 'verify',
  increment: 'increment',
  capture: 'capture',
  void: 'void',
  refund: 'refund',
  reversal: 'reverse',
};
