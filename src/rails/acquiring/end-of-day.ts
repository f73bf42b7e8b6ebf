// The end of a merchant's day at a host. First everything that was sent before is decided, or has had time
// to be; then the host's totals are compared, once for all merchants of an institution; then the merchant's
// file is written, once. It may be begun again at any point and goes on where it was.

import type { Context, Scope } from '#kit/context';
import type { CardMessage, Place } from './card-message.ts';
import {
  type ClearingFile,
  countUndecided,
  type Day,
  hasUnfiled,
  loadFileOf,
  loadUnagreed,
  type Unagreed,
} from './clearing.store.ts';
import { clearingFile } from './clearing-file.ts';
import { cutOver } from './cut-over.ts';
import type { Link } from './link.ts';

export type DayAtHost = {
  readonly businessDay: string;
  /** The host's totals are those up to now: only the last day that is over can be compared with them. */
  readonly isLast: boolean;
  /** When somebody first set about ending it, by the clock of the link. */
  readonly begunAtMs: number;
};

export type DayAtHostEnded =
  /** Of so many messages nobody knows yet what became of them. */
  | { readonly isOver: false; readonly undecided: number }
  | {
      readonly isOver: true;
      readonly undecided: number;
      readonly unagreed: readonly Unagreed[];
      /** Null for a day that nobody ended in time and on which nothing moved. */
      readonly file: ClearingFile | null;
    };

const HOUR_MS = 60 * 60_000;
/** After that the totals are compared without what is still undecided. */
const PATIENCE_MS = HOUR_MS;
/** What is older has been before a person for long, and holds up no day. */
const UNDECIDED_FOR_MS = 24 * HOUR_MS;

export const endDayAtHost = async (
  context: Context,
  scope: Scope,
  { link, place, day }: { readonly link: Link; readonly place: Place; readonly day: DayAtHost },
): Promise<DayAtHostEnded> => {
  const { host } = link;
  const { acquirer, merchant }: Pick<CardMessage, 'acquirer' | 'merchant'> = place;
  const { businessDay, begunAtMs } = day;
  const of = { host, acquirer, merchant, businessDay };
  const stored = { fromMs: begunAtMs - UNDECIDED_FOR_MS, beforeMs: begunAtMs };
  const undecided = await context.database.system((tx) => countUndecided(tx, of, stored));
  if (undecided > 0 && context.clock.now() - begunAtMs < PATIENCE_MS) {
    return { isOver: false, undecided };
  }
  if (day.isLast) await cutOver(context, link, place, businessDay);
  return {
    isOver: true,
    undecided,
    unagreed: await context.database.system((tx) => loadUnagreed(tx, of)),
    file: (await hasFile(context, scope, of, day)) ? await clearingFile(context, scope, of) : null,
  };
};

/** One that was written and could not be handed over is the day's file when it is tried again. */
const hasFile = async (
  context: Context,
  scope: Scope,
  of: Day,
  { isLast }: DayAtHost,
): Promise<boolean> =>
  isLast ||
  (await hasUnfiled(context, scope, of)) ||
  (await loadFileOf(context, scope, of)) !== undefined;
