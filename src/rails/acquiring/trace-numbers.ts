// Trace numbers that no two messages of a host share while it remembers them, however many processes
// speak with it and however often they are killed. A process takes 999 at a time; what a killed one had
// left is not given out before the numbers have gone round.

import type { Context } from '#kit/context';
import { NotSent } from '#kit/http-client';
import { stanOf } from '#kit/iso8583';
import { isServerError } from '#platform/db';
import { skipTraceBlocks, takeTraceBlock } from './acquiring.store.ts';

export const BLOCK_SIZE = 999;

export type TraceNumbers = {
  /** Throws `NotSent` when every number is in use. */
  next(): Promise<string>;
};

const ALL_IN_USE = 'TG001';

export const openTraceNumbers = (
  context: Pick<Context, 'database'>,
  host: string,
  windowMs: number,
): TraceNumbers => {
  let count = 0;
  let until = 0;
  let taking: Promise<void> | null = null;

  const take = async (): Promise<void> => {
    try {
      const block = await context.database.system((tx) => takeTraceBlock(tx, host, windowMs));
      count = Number(block) * BLOCK_SIZE;
      until = count + BLOCK_SIZE;
    } catch (error) {
      if (isServerError(error) && error.code === ALL_IN_USE) {
        throw new NotSent('trace_numbers_in_use', { cause: error });
      }
      throw error;
    } finally {
      taking = null;
    }
  };

  return {
    next: async () => {
      while (count >= until) {
        taking ??= take();
        await taking;
      }
      count += 1;
      return stanOf(count);
    },
  };
};

/**
 * For a database that was put back to an earlier state: it would give out again what hosts have seen since, and they
 * would take another payment for a repetition of one that was forgotten. Once, however many processes find forgotten
 * calls and however often they start: the numbers would have gone round, and be the forgotten ones again.
 */
export const leaveOutForgotten = (
  context: Pick<Context, 'database'>,
  lastAtMs: number,
): Promise<unknown> => context.database.system((tx) => skipTraceBlocks(tx, lastAtMs));
