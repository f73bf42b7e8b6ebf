// One JSON document to a server of the protocol, and its answer. All of this module that reaches the
// outside is here.

import type { Context, Reach } from '#kit/context';

export type Posted =
  | { readonly ok: true; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly why: 'no_answer' | 'not_understood' };

const ANSWER_BYTES_MAX = 1_048_576;

export const post = async (
  context: Pick<Context, 'network' | 'log'>,
  { url, reach }: { readonly url: string; readonly reach: Reach },
  body: string,
  timeoutMs: number,
): Promise<Posted> => {
  let text: string;
  try {
    const { status, body: said } = await context.network.exchange(
      {
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          accept: 'application/json',
        },
        body,
        bytesMax: ANSWER_BYTES_MAX,
        signal: AbortSignal.timeout(timeoutMs),
      },
      reach,
    );
    // Nobody follows where it sends elsewhere.
    if (status >= 500 || (status >= 300 && status < 400)) return { ok: false, why: 'no_answer' };
    if (status >= 300) return { ok: false, why: 'not_understood' };
    text = said.toString('utf8');
  } catch {
    // The error may carry the request, and that the number of a card: it is not looked at.
    return { ok: false, why: 'no_answer' };
  }
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) {
      return { ok: true, answer: answer as Record<string, unknown> };
    }
  } catch {
    // Not JSON.
  }
  return { ok: false, why: 'not_understood' };
};
