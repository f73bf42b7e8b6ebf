// Making, rolling and ending keys. A key's text is returned once, to the caller, and is nowhere after.

import { auditEntry } from '#identity/audit';
import { present } from '#kit/assert';
import { type Context, realClock, type Scope, type Write } from '#kit/context';
import { newUuid, spellId } from '#kit/ids';
import { spellTime } from '#platform/db';
import {
  type ApiKey,
  hintOf,
  type KeyKind,
  keyKinds,
  newKeyText,
  type Permissions,
  readKeyText,
} from './api-key.ts';
import { expireKey, insertKey, revokeKeyRow } from './keys.store.ts';

export type NewKey = {
  readonly scope: Scope;
  readonly kind: KeyKind;
  readonly name: string;
  readonly permissions?: Permissions;
  readonly expiresAtMs?: number;
  /** Networks such as 10.0.0.0/8; from anywhere when there are none. */
  readonly allowedAddresses?: readonly string[];
};

/** The key's text, and the writes that make it work. */
const newKey = (context: Context, input: NewKey): { id: string; text: string; writes: Write[] } => {
  const { scope } = input;
  const text = newKeyText(context.random, input.kind, scope.livemode);
  const { lookup, hash } = present(readKeyText(text), 'The key just made');
  const id = newUuid(context);
  return {
    id,
    text,
    writes: [
      {
        into: insertKey,
        row: [
          scope.accountId,
          scope.livemode,
          id,
          keyKinds[input.kind],
          lookup,
          hash,
          hintOf(text),
          input.name,
          JSON.stringify(input.permissions ?? {}),
          input.expiresAtMs === undefined ? null : spellTime(input.expiresAtMs),
          `{${(input.allowedAddresses ?? []).join(',')}}`,
        ],
      },
      auditEntry(context, {
        scope,
        action: 'api_key.create',
        target: spellId('mk', id),
        details: { kind: input.kind, name: input.name, permissions: input.permissions ?? {} },
      }),
    ],
  };
};

export const createKey = async (context: Context, input: NewKey): Promise<string> => {
  const { text, writes } = newKey(context, input);
  await context.database.commit(input.scope, writes);
  return text;
};

/** Old and new work side by side for that long; a week is the most. */
const ROLL_OVERLAP_MAX_MS = 7 * 24 * 60 * 60 * 1000;

/** A new key of the same kind and permissions; the old one ends after the overlap. */
export const rollKey = async (
  context: Context,
  key: ApiKey,
  overlapMs: number,
): Promise<string | null> => {
  const endsAtMs = realClock(context.clock).now() + Math.min(overlapMs, ROLL_OVERLAP_MAX_MS);
  const { text, writes } = newKey(context, {
    scope: key.scope,
    kind: key.kind,
    name: key.name,
    permissions: key.permissions,
    allowedAddresses: key.allowedAddresses,
  });
  const rolled = await change(context, key, {
    statement: expireKey,
    atMs: endsAtMs,
    action: 'api_key.roll',
    also: writes,
  });
  return rolled ? text : null;
};

/** Ends a key at once. False when it had ended before. */
export const revokeKey = (context: Context, key: ApiKey): Promise<boolean> =>
  change(context, key, {
    statement: revokeKeyRow,
    atMs: realClock(context.clock).now(),
    action: 'api_key.revoke',
    also: [],
  });

const change = (
  context: Context,
  key: ApiKey,
  what: {
    readonly statement: typeof expireKey;
    readonly atMs: number;
    readonly action: string;
    readonly also: readonly Write[];
  },
): Promise<boolean> =>
  context.database.transaction(key.scope, async (tx) => {
    const { accountId, livemode } = key.scope;
    const changed = await tx.query(what.statement, [
      accountId,
      livemode,
      key.id,
      spellTime(what.atMs),
      ...(what.statement === expireKey ? [spellTime(realClock(context.clock).now())] : []),
    ]);
    if (changed.length === 0) return false;
    const noted = auditEntry(context, {
      scope: key.scope,
      action: what.action,
      target: spellId('mk', key.id),
      details: { ends_at: Math.floor(what.atMs / 1000) },
    });
    for (const { into, row } of [...what.also, noted]) {
      await tx.query(
        into,
        row.map((value) => [value]),
      );
    }
    return true;
  });
