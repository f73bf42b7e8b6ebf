// One connection to the mail server at a time, away from everything else that a worker does. A server
// that is not to be reached is left alone for a while: what is due waits, and nothing else does.

import type { Context } from '#kit/context';
import { levelOf } from '#kit/failure';
import { holderOf, isStillHeld } from '#platform/jobs';
import { leaseMails } from './mails.store.ts';
import { LEASED_FOR_MS, sendMails } from './send-mails.ts';

const AT_ONCE = 20;
const REST_MS = 15_000;

export type MailPump = {
  /** Begins what is due, unless it is at it, and says how many. */
  round(context: Context): Promise<number>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

const createMailPump = (): MailPump => {
  let underWay: Promise<void> | null = null;
  let restsUntilMs = Number.NEGATIVE_INFINITY;

  return {
    round: async (context) => {
      if (underWay !== null || context.clock.monotonicMs() < restsUntilMs) return 0;
      const holder = holderOf(context);
      const leasedMs = context.clock.monotonicMs();
      const leased = await leaseMails(context, {
        atMost: AT_ONCE,
        leaseMs: LEASED_FOR_MS,
        holder,
      });
      if (leased.length === 0) return 0;
      const sending = async (): Promise<void> => {
        try {
          const reached = await sendMails(context, leased, () =>
            isStillHeld(context, holder, leasedMs),
          );
          if (!reached) restsUntilMs = context.clock.monotonicMs() + REST_MS;
        } catch (error) {
          context.log[levelOf(error)](
            { error },
            'Mails could not be sent or noted: they are sent again',
          );
        } finally {
          underWay = null;
        }
      };
      underWay = sending();
      return leased.length;
    },
    idle: async () => {
      while (underWay !== null) await underWay;
    },
  };
};

const pumps = new WeakMap<Context['database'], MailPump>();

/** One of each process. */
export const mailPumpOf = (context: Pick<Context, 'database'>): MailPump => {
  const known = pumps.get(context.database);
  if (known !== undefined) return known;
  const pump = createMailPump();
  pumps.set(context.database, pump);
  return pump;
};
