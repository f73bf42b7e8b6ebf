// A kind of event: its name on the wire, its number in the database, and how a snapshot is rendered.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { MadeWithin, PageOfRows } from '#platform/db';

export type EventKind = {
  /** Stable for ever: rows of years ago carry it. From 1 to 999, so that all that are not known can be asked for. */
  readonly code: number;
  /** `customer.created` */
  readonly type: string;
  /** The noun whose API shape `data.object` has. */
  readonly object: string;
  /** Old renderers stay, so that an event is the same bytes whenever it is asked for. */
  readonly renderers: Readonly<Record<number, EventRenderer>>;
  readonly renderer: number;
};

export type EventRenderer = (snapshot: Snapshot, livemode: boolean) => EventData;

/** What a module wrote down of its object. Plain JSON; card data and secrets have no place in it. */
export type Snapshot = Readonly<Record<string, unknown>>;

export type EventData = {
  readonly object: Readonly<Record<string, unknown>>;
  readonly previous_attributes?: Readonly<Record<string, unknown>>;
};

export type EventKinds = {
  byCode(code: number): EventKind | undefined;
  byType(type: string): EventKind | undefined;
  readonly all: readonly EventKind[];
  /** Those that only another version may have given to a kind. */
  readonly unknownCodes: readonly number[];
};

const CODE_MAX = 999;

/** Who wants events and was not told of them, or not yet. */
export type Undelivered = {
  /** How many, of each of these events; absent: all were told. */
  readonly of: (
    context: Context,
    scope: Scope,
    events: readonly Uuid[],
  ) => Promise<ReadonlyMap<Uuid, number>>;
  /** All such events, in the order of their ids, some at a time. */
  readonly pages: (
    context: Context,
    scope: Scope,
    asked: Omit<PageOfRows, 'limit'> & MadeWithin,
  ) => AsyncIterable<readonly Uuid[]>;
};

export const gatherEventKinds = (kinds: readonly EventKind[]): EventKinds => {
  const codes = new Map(kinds.map((kind) => [kind.code, kind]));
  const types = new Map(kinds.map((kind) => [kind.type, kind]));
  if (codes.size !== kinds.length || types.size !== kinds.length) {
    throw new Error('Two kinds of event share a code or a type.');
  }
  const beyond = kinds.find(({ code }) => code < 1 || code > CODE_MAX);
  if (beyond)
    throw new Error(`The code ${beyond.code} of ${beyond.type} is not from 1 to ${CODE_MAX}.`);
  const possible = Array.from({ length: CODE_MAX }, (_, at) => at + 1);
  return {
    byCode: (code) => codes.get(code),
    byType: (type) => types.get(type),
    all: kinds,
    unknownCodes: possible.filter((code) => !codes.has(code)),
  };
};

/** The old values of exactly the fields that changed, nested like the object. Undefined: nothing did. */
export const previousAttributes = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined => {
  // A Map: a merchant's keys of metadata may be called as what every object has.
  const previous = new Map<string, unknown>();
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, current] = [own(before, name), own(after, name)];
    if (JSON.stringify(old) === JSON.stringify(current)) continue;
    previous.set(
      name,
      isObject(old) && isObject(current) ? previousAttributes(old, current) : (old ?? null),
    );
  }
  return previous.size === 0 ? undefined : Object.fromEntries(previous);
};

/**
 * For what is changed: where only what is shown on request has, `previous_attributes` is empty, and there. Whoever
 * handles an update looks into it, and typed clients fail at what is absent.
 */
export const tellingWhatChanged =
  (render: EventRenderer): EventRenderer =>
  (snapshot, livemode) => {
    const { object, previous_attributes = {} } = render(snapshot, livemode);
    return { object, previous_attributes };
  };

const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
