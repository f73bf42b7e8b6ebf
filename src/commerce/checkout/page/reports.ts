// What browsers report of the page: something wanted to run or to be sent that its policy does not know.
// Counted, and written into the log in a few words of our own choosing: a report is the word of a
// stranger, and its texts may hold anything.

import type { Context } from '#kit/context';
import { ApiError, CallerGone, type PlainHandler, readBody } from '#platform/http';
import { REPORTS_PATH } from './policy.ts';

const BYTES_MAX = 32_768;
const REPORTS_MAX = 20;
/** So many lines a minute: whoever wants to fill the log fills a counter. */
const LINES_PER_MINUTE = 60;

export type ReportCounter = {
  /** By directive, since the process began. */
  readonly blocked: ReadonlyMap<string, number>;
  readonly total: () => number;
};

const directives =
  /^(?:script-src(?:-elem|-attr)?|style-src(?:-elem|-attr)?|connect-src|img-src|frame-src|form-action|base-uri|frame-ancestors|default-src|font-src|object-src|media-src|worker-src|manifest-src|child-src|require-trusted-types-for|trusted-types|integrity)$/;

export const createReports = (
  context: Pick<Context, 'log' | 'clock'>,
): { readonly counter: ReportCounter; readonly handler: PlainHandler } => {
  const blocked = new Map<string, number>();
  let [minute, lines] = [0, 0];

  const take = (directive: string, what: string): void => {
    blocked.set(directive, (blocked.get(directive) ?? 0) + 1);
    const now = Math.floor(context.clock.monotonicMs() / 60_000);
    if (now !== minute) [minute, lines] = [now, 0];
    lines += 1;
    if (lines <= LINES_PER_MINUTE) {
      context.log.warn(
        { why: directive, what },
        'a browser blocked something on the checkout page',
      );
    }
  };

  return {
    counter: {
      blocked,
      total: () => [...blocked.values()].reduce((sum, count) => sum + count, 0),
    },
    handler: {
      method: 'POST',
      path: REPORTS_PATH,
      handle: async (request, response) => {
        let text: string;
        try {
          text = (await readBody(request, BYTES_MAX)).toString('utf8');
        } catch (error) {
          if (!(error instanceof ApiError) && !(error instanceof CallerGone)) throw error;
          response.writeHead(400).end();
          return;
        }
        for (const { directive, what } of reportsIn(text)) take(directive, what);
        response.writeHead(204).end();
      },
    },
  };
};

/** Both shapes: the old single object, and the list of the Reporting API. */
const reportsIn = (
  text: string,
): readonly { readonly directive: string; readonly what: string }[] => {
  const value = parsed(text);
  const list = Array.isArray(value) ? value.slice(0, REPORTS_MAX) : [value];
  return list.flatMap((entry) => {
    const report = objectOf(entry);
    const old = objectOf(report['csp-report']);
    const body = objectOf(report['body']);
    const named =
      textOf(body['effectiveDirective']) ??
      textOf(old['effective-directive']) ??
      textOf(old['violated-directive'])?.split(' ')[0] ??
      (report['type'] === 'integrity-violation' ? 'integrity' : null);
    if (named === null || named === undefined) return [];
    const where = textOf(body['blockedURL']) ?? textOf(old['blocked-uri']) ?? '';
    return [{ directive: directives.test(named) ? named : 'other', what: originOf(where) }];
  });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Path and query of what was blocked may carry what it wanted to steal. */
const originOf = (url: string): string => {
  if (/^[a-z-]{1,20}$/.test(url)) return url;
  return URL.canParse(url) ? new URL(url).origin.slice(0, 100) : 'unknown';
};
