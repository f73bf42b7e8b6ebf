// What a payer, the merchant and a bank that asks do with one authentication.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type Beginning,
  type Begun,
  beginAuthentication,
  findAuthentication,
  useAuthentication,
} from '#cards/three-ds';
import type { Uuid } from '#kit/ids';
import { codeIn, type Pair, type Shown, submit, toTheBank, untilBack } from './support.ts';

export const CHALLENGED = '4000000000003220';
export const FRICTIONLESS = '4000000032200000';

export type Challenge = {
  readonly card: Uuid;
  readonly beginning: Beginning;
} & Extract<Begun, { state: 'challenge' }>;

export const challengesOf = ({
  context,
  scope,
  sandbox,
  origin,
  keep,
  beginning: beginningOf,
}: Pair) => {
  const challenge = async (number = CHALLENGED): Promise<Challenge> => {
    const card = await keep(number);
    const beginning = beginningOf(card);
    const begun = await beginAuthentication(context, beginning);
    assert.equal(begun.state, 'challenge');
    return { card, beginning, ...(begun as Extract<Begun, { state: 'challenge' }>) };
  };

  const acsUrl = (): string => `http://127.0.0.1:${sandbox.ports.threeDs}/`;
  const answer = (page: Shown, code: string) => submit(page, acsUrl(), { code, do: 'confirm' });

  const pass = async (url: string): Promise<string> => {
    const page = await toTheBank(url);
    const back = await submit(await answer(page, codeIn(page)), acsUrl());
    return untilBack(back, origin);
  };
  const stateOf = async (id: string) =>
    (await findAuthentication(context, scope, id))?.authentication.state;
  const use = ({ id, card, beginning }: Pick<Challenge, 'id' | 'card' | 'beginning'>, more = {}) =>
    useAuthentication(context, scope, {
      id,
      card,
      intentId: beginning.intentId,
      amount: 5_000n,
      currency: 'eur',
      merchantId: 'MERCHANT0000001',
      operationId: randomUUID(),
      ...more,
    });

  return { challenge, acsUrl, answer, pass, stateOf, use };
};
