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
    const response = await context.network.fetch(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          accept: 'application/json',
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      },
      reach,
    );
    if (!response.ok) {
      await response.body?.cancel();
      return { ok: false, why: response.status >= 500 ? 'no_answer' : 'not_understood' };
    }
    text = await readAtMost(response, ANSWER_BYTES_MAX);
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

const readAtMost = async (response: Response, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error('The answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
