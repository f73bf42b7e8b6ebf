import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { insertWithdrawal, listFeeRules, WITHDRAWN_BEFORE_MS } from './fee-rules.store.ts';

export type FeeRulesWithdrawn =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: 'unknown' | 'begun' | 'begins_now' | 'withdrawn';
      /** Null: it is built in. */
      readonly validFromMs: number | null;
    };

/**
 * A version that has not begun never will. What may have been reckoned by is kept, so it is too late a minute before:
 * the commit takes its time, and the clocks of processes are not one.
 */
export const withdrawFeeRules = async (
  context: Context,
  scope: Scope,
  version: number,
): Promise<FeeRulesWithdrawn> => {
  const refused = await refusalOf(context, scope, version);
  if (refused !== null) return refused;
  const commit = await context.database.commit(scope, [
    insertWithdrawal(scope, { version, atMs: context.clock.now() }),
    auditEntry(context, { scope, action: 'fees.withdraw', target: `version ${version}` }),
  ]);
  if (commit.ok) return { ok: true };
  // Somebody was faster, or the minute has begun.
  return (
    (await refusalOf(context, scope, version)) ?? {
      ok: false,
      code: 'begins_now',
      validFromMs: null,
    }
  );
};

const refusalOf = async (
  context: Context,
  scope: Scope,
  version: number,
): Promise<Extract<FeeRulesWithdrawn, { ok: false }> | null> => {
  const nowMs = context.clock.now();
  const found = (await listFeeRules(context, scope)).find((each) => each.version === version);
  if (found === undefined) return { ok: false, code: 'unknown', validFromMs: null };
  const { validFromMs, withdrawnAtMs } = found;
  if (withdrawnAtMs !== null) return { ok: false, code: 'withdrawn', validFromMs };
  if (validFromMs === null || validFromMs <= nowMs)
    return { ok: false, code: 'begun', validFromMs };
  if (validFromMs < nowMs + WITHDRAWN_BEFORE_MS) {
    return { ok: false, code: 'begins_now', validFromMs };
  }
  return null;
};
