// The way out for one operation: the common client, bound to where its account may lead and to its deadline, and noted
// afterwards with card data and secrets taken out. A note that cannot be written holds up no payment.

import type { Context, Scope } from '#kit/context';
import {
  type HttpRequest,
  type HttpResponse,
  type Limits,
  NoAnswer,
  NotSent,
  sendOnce,
} from '#kit/http-client';
import type { Uuid } from '#kit/ids';
import type { Http } from './connector.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { insertExchange } from './exchanges.store.ts';
import { type Judge, placeAt } from './places.ts';

/** What is written beside the payment, and awaited before a process ends. */
export type Notes = {
  readonly pending: Set<Promise<void>>;
  /** Hears of each, for recordings of tests. */
  readonly record?: (exchange: Exchange) => void;
};

type Bound = {
  readonly scope: Scope;
  readonly connectorAccountId: Uuid;
  readonly operationId: Uuid | null;
  /** Grows while the call goes on: a card's digits are known once it is open. */
  readonly hidden: readonly string[];
  /** Whether the account may lead there, however its settings came to say so. */
  readonly judge: Judge;
  readonly limits: Limits;
};

export const httpFor =
  (context: Context, notes: Notes, bound: Bound): Http =>
  async (request: HttpRequest) => {
    const { scope, connectorAccountId, operationId, hidden, judge } = bound;
    const of = { scope, connectorAccountId, operationId, atMs: context.clock.now() };
    const noted = (response: HttpResponse | null, ended: string): void =>
      note(context, notes, exchangeOf(context, of, { request, response, ended, hidden }));

    const judged = judge(placeAt(request.url));
    if (!judged.ok) {
      noted(null, judged.why);
      throw new NotSent(judged.why);
    }
    const limits = { ...bound.limits, reach: judged.reach };
    try {
      const response = await sendOnce(context, request, limits);
      noted(response, 'answered');
      return response;
    } catch (error) {
      noted(null, error instanceof NotSent || error instanceof NoAnswer ? error.why : 'failed');
      throw error;
    }
  };

const note = (context: Context, notes: Notes, exchange: Exchange): void => {
  notes.record?.(exchange);
  const write = async (): Promise<void> => {
    try {
      await context.database.commit(exchange.scope, [insertExchange(exchange)]);
    } catch (error) {
      context.log.warn({ error }, 'An exchange with a provider could not be noted');
    } finally {
      notes.pending.delete(writing);
    }
  };
  const writing = write();
  notes.pending.add(writing);
};
