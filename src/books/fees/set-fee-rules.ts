import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { insertFeeRules, loadNewestVersion } from './fee-rules.store.ts';
import { type FeeWords, readRules } from './read-rules.ts';

export type FeeRulesSet =
  | { readonly ok: true; readonly version: number; readonly validFromMs: number }
  | { readonly ok: false; readonly problem: string };

/** Two who set rules at once both get a version; the later one is in force. */
const TRIES_MAX = 5;

/** A new version, in force from a moment on, or at once. What was posted before keeps its own. */
export const setFeeRules = async (
  context: Context,
  scope: Scope,
  input: {
    readonly rules: unknown;
    /** What payments are told apart by: a word that none of them has fits none. */
    readonly known: FeeWords;
    readonly validFromMs?: number;
  },
): Promise<FeeRulesSet> => {
  const read = readRules(input.rules, input.known);
  if (!read.ok) return read;
  const nowMs = context.clock.now();
  const { validFromMs = nowMs } = input;
  if (validFromMs < nowMs) {
    return { ok: false, problem: 'Fees are not changed for the past.' };
  }
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const version = (await loadNewestVersion(context, scope)) + 1;
    const commit = await context.database.commit(scope, [
      insertFeeRules(scope, { version, rules: read.rules, validFromMs }),
      auditEntry(context, { scope, action: 'fees.set', target: `version ${version}` }),
    ]);
    if (commit.ok) return { ok: true, version, validFromMs };
  }
  return { ok: false, problem: 'Others are changing the fees at this moment; try again.' };
};
