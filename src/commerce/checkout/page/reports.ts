// What browsers report of the page: something wanted to run or to be sent that its policy does not know.
// Every one is counted, the same one is written into the log once an hour, in a few words of our own
// choosing: a report is the word of a stranger, and its texts may hold anything.

import type { IncomingMessage } from 'node:http';
import type { Context } from '#kit/context';
import { ApiError, CallerGone, networkOf, type PlainHandler, readBody } from '#platform/http';
import { createLimits } from '#platform/limits';
import { REPORTS_PATH } from './policy.ts';

const BYTES_MAX = 32_768;
const REPORTS_MAX = 20;
/** Of one network. A page that is broken by an extension sends a dozen at once. */
const PACE = { perSecond: 2, burst: 200 };
const TOLD_AGAIN_MS = 60 * 60_000;
/** So many different ones are told in an hour: whoever wants to fill the log fills a counter. */
const DIFFERENT_MAX = 200;

export type Reporting = {
  /** Hears of each, by directive; from a closed list. */
  readonly observe?: (directive: string) => void;
  readonly addressOf?: (request: IncomingMessage) => string;
};

const directives =
  /^(?:script-src(?:-elem|-attr)?|style-src(?:-elem|-attr)?|connect-src|img-src|frame-src|form-action|base-uri|frame-ancestors|default-src|font-src|object-src|media-src|worker-src|manifest-src|child-src|require-trusted-types-for|trusted-types|integrity)$/;

export const reportsHandler = (
  context: Pick<Context, 'log' | 'clock'>,
  { observe, addressOf = () => '' }: Reporting,
): PlainHandler => {
  const limits = createLimits(context.clock, PACE);
  const tell = createTelling(context);
  return {
    method: 'POST',
    path: REPORTS_PATH,
    handle: async (request, response) => {
      const wait = limits.take(networkOf(addressOf(request)));
      if (wait !== null) {
        response.writeHead(429, { 'Retry-After': String(wait), Connection: 'close' }).end();
        return;
      }
      let text: string;
      try {
        text = (await readBody(request, BYTES_MAX)).toString('utf8');
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof CallerGone)) throw error;
        response.writeHead(400).end();
        return;
      }
      for (const report of reportsIn(text)) {
        observe?.(report.directive);
        tell(report);
      }
      response.writeHead(204).end();
    },
  };
};

type Report = { readonly directive: string; readonly what: string };

/** The same once an hour, with how many there were. */
const createTelling = ({ clock, log }: Pick<Context, 'clock' | 'log'>) => {
  const heard = new Map<string, { untilMs: number; more: number }>();
  return ({ directive, what }: Report): void => {
    const nowMs = clock.monotonicMs();
    const key = `${directive} ${what}`;
    const known = heard.get(key);
    if (known !== undefined && nowMs < known.untilMs) {
      known.more += 1;
      return;
    }
    for (const [old, { untilMs }] of heard) if (nowMs >= untilMs) heard.delete(old);
    if (heard.size >= DIFFERENT_MAX) return;
    heard.set(key, { untilMs: nowMs + TOLD_AGAIN_MS, more: 0 });
    log.warn(
      { why: `${directive} ${what}`, count: 1 + (known?.more ?? 0) },
      'a browser blocked something on the checkout page',
    );
  };
};

/** Both shapes: the old single object, and the list of the Reporting API. */
const reportsIn = (text: string): readonly Report[] => {
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
