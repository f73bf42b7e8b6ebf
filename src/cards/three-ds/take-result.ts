// The result of a challenge, as the directory server brings it. It is the only truth about a challenge:
// what the browser carries is never looked at. The same result again is answered alike; another one
// changes nothing.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadAuthentication } from './authentications.store.ts';
import type { CardAuthentication } from './card-authentication.ts';
import { changeAuthentication, type Step } from './change-authentication.ts';
import { judge } from './judge.ts';
import { errorOf, type Result, readRreq, rresOf } from './messages.ts';
import { digestOf, sealValue } from './sealed-value.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the directory server hears. */
export const takeResult = async (
  context: Context,
  addressed: { readonly scope: Scope; readonly id: Uuid },
  message: Json,
): Promise<Json> => {
  const { scope, id } = addressed;
  const result = readRreq(id, message);
  if (result === null) return errorOf(id, '203', 'A field is missing or has another form.');
  const digest = digestOf(context, [
    id,
    result.transStatus,
    result.eci,
    result.cavv,
    String(result.isCancelled),
    String(result.isTimedOut),
  ]);

  const changed = await changeAuthentication(context, scope, id, (current) =>
    current.state === 'challenge' && isAbout(current, result)
      ? stepAfter(context, scope, current, result, digest)
      : null,
  );
  if (changed !== null) return rresOf(id, result);

  const found = await loadAuthentication(context, scope, id);
  if (found === undefined || !isAbout(found, result)) {
    return errorOf(id, '301', 'The transaction is not known.');
  }
  if (found.learned.resultDigest === digest) return rresOf(id, result);
  if (found.state === 'expired') {
    // The payment went on without it, and no proof comes of it any more; there is nothing to repeat.
    context.log.info({ accountId: scope.accountId, why: 'too_late' }, '3-D Secure: a late result');
    return rresOf(id, result);
  }
  context.log.warn(
    { accountId: scope.accountId, problem: found.state },
    '3-D Secure: a result that contradicts what was known, and was not believed',
  );
  return errorOf(id, '403', 'Another result was received before.');
};

/** Both other numbers are known to the directory server and not to who only saw the browser. */
const isAbout = ({ learned }: CardAuthentication, result: Result): boolean =>
  learned.acsTransactionId === result.acsTransactionId &&
  learned.directoryTransactionId === result.directoryTransactionId;

const stepAfter = (
  context: Context,
  scope: Scope,
  current: CardAuthentication,
  result: Result,
  resultDigest: string,
): Step => {
  const seal = (cavv: string): string => sealValue(context, scope, current.id, cavv);
  const step = judge(result, current.asked.brand, seal, { resultDigest });
  if (step.event !== 'fail' || result.transStatus !== 'N') return step;
  if (result.isCancelled) {
    return { event: 'abandon', learned: { ...step.learned, why: 'cancelled' } };
  }
  return result.isTimedOut
    ? { event: 'expire', learned: { ...step.learned, why: 'too_late' } }
    : step;
};
