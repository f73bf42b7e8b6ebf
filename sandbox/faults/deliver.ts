// How an answer reaches the gateway, or does not, once everything is booked.

import type { Clock } from '#kit/context';
import type { Message } from '#kit/iso8583';
import { withAnswerOf, withCode, withWrongAmount, withWrongCurrency } from '../acquirer/answer.ts';
import type { Link } from '../acquirer/link.ts';
import { drawOf } from '../context.ts';
import type { FaultRule } from './fault.ts';

export type Delivery = {
  readonly link: Link;
  readonly answer: Message;
  readonly fault: FaultRule | undefined;
  readonly key: string;
  readonly trace: string;
  /** The message that this one reverses. */
  readonly original?: string;
};

export type Deliverer = {
  deliver(delivery: Delivery): Promise<void>;
  /** Answers that wait for their reversal. */
  waiting(): number;
  stop(): void;
};

export type DeliverSettings = {
  readonly clock: Clock;
  readonly seed: string;
  /** Some link that is up, for an answer whose own link is gone. */
  readonly anyLink: () => Link | undefined;
};

const WAITING_MAX = 10_000;
const SLOW_MS = 1_000;

export const createDeliverer = ({ clock, seed, anyLink }: DeliverSettings): Deliverer => {
  const late = new Map<string, Delivery>();
  const stopped = new AbortController();

  const sendLate = async ({ link, answer, fault }: Delivery): Promise<void> => {
    await clock.sleep(fault?.delayMs ?? SLOW_MS, stopped.signal);
    if (stopped.signal.aborted) return;
    (link.isOpen() ? link : anyLink())?.send(answer);
  };

  const keepLate = (delivery: Delivery): void => {
    const oldest = late.keys().next().value;
    if (late.size >= WAITING_MAX && oldest !== undefined) late.delete(oldest);
    late.set(delivery.trace, delivery);
  };

  const deliver = async (delivery: Delivery): Promise<void> => {
    await send(delivery);
    const { original } = delivery;
    const waiting = original === undefined ? undefined : late.get(original);
    if (original === undefined || waiting === undefined) return;
    late.delete(original);
    await sendLate(waiting);
  };

  const send = async (delivery: Delivery): Promise<void> => {
    const { link, answer, fault, key } = delivery;
    const previous = link.previous;
    link.previous = answer;
    switch (fault?.kind) {
      case undefined:
      case 'decline':
      case 'issuer_down':
        link.send(answer);
        return;
      case 'slow':
        await clock.sleep(fault.delayMs ?? SLOW_MS, stopped.signal);
        if (!stopped.signal.aborted) link.send(answer);
        return;
      case 'hang':
        return;
      case 'down':
      case 'reset':
        link.reset(`fault ${fault.id}`);
        return;
      case 'cut':
        link.sendCut(
          answer,
          (length) => fault.bytes ?? Math.floor(drawOf(seed, 'bytes', key) * length),
        );
        return;
      case 'twice':
        link.send(answer);
        link.send(answer);
        return;
      case 'swapped':
        link.send(withAnswerOf(answer, previous));
        return;
      case 'wrong_amount':
        link.send(withWrongAmount(answer));
        return;
      case 'wrong_currency':
        link.send(withWrongCurrency(answer));
        return;
      case 'wrong_code':
        link.send(withCode(answer, fault.code ?? '96'));
        return;
      case 'late_after_reversal':
        keepLate(delivery);
    }
  };

  return { deliver, waiting: () => late.size, stop: () => stopped.abort() };
};
