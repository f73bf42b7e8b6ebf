// Why a payment came to what it is, in order of time. Each module tells what it knows, from the most
// independent to the most dependent; one may build on what those before it have told.

import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { EventKinds } from './event-kind.ts';
import { eventIdOf, loadChangesOfObject } from './events.store.ts';
import { EVENT } from './render-event.ts';

export type TraceEntry = {
  readonly atMs: number;
  /** For programs: `operation.begun`. */
  readonly what: string;
  /** For people: a sentence. Nothing of a card, and nothing a payer typed. */
  readonly says: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Where all this is of one millisecond: what begins something stands before what came of it. None is 0. */
  readonly leads?: number;
  /** Of an event: whoever tells the world of it adds how that went. */
  readonly eventId?: Uuid;
};

export type TraceSource = (
  context: Context,
  scope: Scope,
  of: { readonly intentId: Uuid; readonly told: readonly TraceEntry[] },
) => Promise<readonly TraceEntry[]>;

export type Trace = (
  context: Context,
  scope: Scope,
  intentId: Uuid,
) => Promise<readonly TraceEntry[]>;

export const gatherTrace =
  (sources: readonly TraceSource[]): Trace =>
  async (context, scope, intentId) => {
    const told: TraceEntry[] = [];
    for (const source of sources) told.push(...(await source(context, scope, { intentId, told })));
    return told.toSorted((a, b) => a.atMs - b.atMs || (b.leads ?? 0) - (a.leads ?? 0));
  };

/** The events that an object has had. Its owner knows how many. */
export const traceEvents = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  of: { readonly objectId: Uuid; readonly count: number },
): Promise<readonly TraceEntry[]> =>
  (await loadChangesOfObject(context, scope, of)).flatMap((change) =>
    change.kinds.map((code, position) => {
      // One that a newer version wrote has no name here.
      const type = kinds.byCode(code)?.type ?? null;
      const id = eventIdOf(change.id, position);
      return {
        atMs: uuidMs(change.id),
        what: 'event',
        says: `The world is told: ${type ?? 'what only a newer version knows'}.`,
        details: { event: spellId(EVENT, id), type, request: change.request_id },
        eventId: id,
      };
    }),
  );
