// Proves that every stored answer is the one that was given: it is sealed to its account and key, and says what its
// status says. An answer that does not open would be told to nobody, and its request would be done again by hand.

import { deriveKey, open } from '#kit/crypto';
import type { Uuid } from '#kit/ids';
import { keyOfPage } from '#platform/http';
import { ANSWER_SEAL, boundTo, digestsFrom } from './answers.ts';

type Send = (
  statement: { readonly name: string; readonly text: string },
  values: readonly unknown[],
) => Promise<Record<string, unknown>[]>;

type Stored = {
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly key: string;
  readonly request_id: string;
  readonly status: number;
  readonly answer: Buffer;
};

const AT_ONCE = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

const answersAfter = {
  name: 'answers.after',
  text: `select account_id, livemode, key, request_id, status, answer from platform.answers
          where (account_id, livemode, key) > ($1::uuid, $2::boolean, $3::uuid) and answer is not null
          order by account_id, livemode, key limit ${AT_ONCE}`,
};

/** Hears of what is wrong, one after the other: there may be millions. */
export type Note = (problem: string) => void;

/** `send` as the owner, who may look across accounts. Says how many there are. */
export const verifyAnswers = async (
  send: Send,
  masterSecret: Buffer,
  note: Note,
): Promise<number> => {
  const sealKey = deriveKey(masterSecret, ANSWER_SEAL);
  let answers = 0;
  for (let after: readonly unknown[] = [FIRST, false, FIRST]; ; ) {
    const rows = (await send(answersAfter, after)) as Stored[];
    for (const row of rows) {
      const problem = problemOf(row, sealKey);
      if (problem !== null) note(`the answer to ${row.request_id} ${problem}`);
    }
    answers += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return answers;
    after = [last.account_id, last.livemode, last.key];
  }
};

const problemOf = (row: Stored, sealKey: Buffer): string | null => {
  const scope = { accountId: row.account_id, livemode: row.livemode };
  let text: string;
  try {
    text = open(sealKey, row.answer, `${boundTo(scope)}\n${row.key}`).toString();
  } catch {
    return 'does not open: it was changed, or is that of another request';
  }
  const says = /^\s*\{\s*"error"/.test(text) ? 'an error' : 'no error';
  const means = row.status >= 400 ? 'an error' : 'no error';
  return says === means ? null : `says ${says}, and its status is ${row.status}`;
};

/** An effect tells under which key it was asked for. */
export type ToldKey = {
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly idempotency_key: string;
  readonly request_id: string;
};

const keysAmong = {
  name: 'answers.keys_among',
  text: `select a.key from unnest($1::uuid[], $2::boolean[], $3::uuid[]) as asked(account_id, livemode, key)
           join platform.answers a using (account_id, livemode, key)`,
};

/** What one request told lies close together. */
const REQUESTS_REMEMBERED = 10_000;

/**
 * What had an effect lately has its answer, or will have: asked again under a key that was forgotten it would have a
 * second one.
 */
export const verifyKeys = (send: Send, masterSecret: Buffer, note: Note) => {
  const { keyOf } = digestsFrom(masterSecret);
  const noted = new Set<string>();
  const noteOnce = (request: string): void => {
    if (noted.has(request)) return;
    const [oldest = ''] = noted;
    if (noted.size >= REQUESTS_REMEMBERED) noted.delete(oldest);
    noted.add(request);
    note(`the answer to ${request} is gone before its time`);
  };
  return async (told: readonly ToldKey[]): Promise<void> => {
    // By a server's key or by a page's: only the digest tells which.
    const asked = told.flatMap((row) => {
      const scope = { accountId: row.account_id, livemode: row.livemode };
      const { idempotency_key: key } = row;
      return [key, keyOfPage(key)].map((each) => ({ row, key: keyOf({ scope, key: each }) }));
    });
    const found = await send(keysAmong, [
      asked.map(({ row }) => row.account_id),
      asked.map(({ row }) => row.livemode),
      asked.map(({ key }) => key),
    ]);
    const kept = new Set(found.map(({ key }) => key));
    for (const [at, { request_id }] of told.entries()) {
      if (!kept.has(asked[2 * at]?.key) && !kept.has(asked[2 * at + 1]?.key)) noteOnce(request_id);
    }
  };
};
