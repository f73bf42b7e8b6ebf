// What an account wants of its defence: whether there is one, and from how many on each signal asks for
// which step. Said as a whole, and noted in the audit log.

import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { type Rungs, type Signal, standardLadder } from './ladder.ts';
import { forgetRules, type OwnRules, setOwnRules } from './rules.store.ts';

export type RulesRead =
  | { readonly ok: true; readonly own: OwnRules }
  | { readonly ok: false; readonly problem: string };

export const setRules = async (
  context: Context,
  scope: Scope,
  given: unknown,
): Promise<RulesRead> => {
  const read = readRules(given);
  if (!read.ok) return read;
  const { ok } = await context.database.commit(scope, [
    setOwnRules(scope, read.own),
    auditEntry(context, { scope, action: 'defence.set', details: { settings: read.own } }),
  ]);
  forgetRules(context, scope);
  return ok ? read : { ok: false, problem: 'It could not be written; try again.' };
};

export const readRules = (given: unknown): RulesRead => {
  if (!isObject(given)) return problem('The settings are one JSON object.');
  const { enabled = true, ladder = {}, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    return problem(`'${unknown}' is no setting: there are enabled and ladder.`);
  if (typeof enabled !== 'boolean') return problem("'enabled' is true or false.");
  if (!isObject(ladder)) return problem("'ladder' names signals, each with its steps.");
  const read: Partial<Record<Signal, Rungs>> = {};
  for (const [name, rungs] of Object.entries(ladder)) {
    if (!isSignal(name)) {
      return problem(
        `'${name}' is no signal: there are ${Object.keys(standardLadder).join(', ')}.`,
      );
    }
    const found = isObject(rungs) ? rungsOf(rungs) : null;
    if (found === null) {
      return problem(
        `'${name}' needs slow, proof, three_ds and block, each a whole number that is not smaller than the one before, or null for never.`,
      );
    }
    read[name] = found;
  }
  return { ok: true, own: { enabled, ladder: read } };
};

const problem = (text: string): RulesRead => ({ ok: false, problem: text });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSignal = (name: string): name is Signal => Object.hasOwn(standardLadder, name);

const isCount = (value: unknown): value is number | null =>
  value === null || (Number.isInteger(value) && Number(value) >= 1);

const rungsOf = (given: Readonly<Record<string, unknown>>): Rungs | null => {
  const { slow, proof, three_ds, block, ...others } = given;
  if (Object.keys(others).length > 0) return null;
  if (!isCount(slow) || !isCount(proof) || !isCount(three_ds) || !isCount(block)) return null;
  const rising = [slow, proof, three_ds, block].filter((count) => count !== null);
  const isRising = rising.every((count, at) => at === 0 || count >= (rising[at - 1] ?? 0));
  return isRising ? { slow, proof, three_ds, block } : null;
};
