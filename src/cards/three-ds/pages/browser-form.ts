// What a browser told of itself, read from the form and from its headers. All of it is the payer's own
// word: it goes to the bank and decides nothing here.

import type { IncomingHttpHeaders } from 'node:http';
import type { BrowserInfo, WindowSize } from '../card-authentication.ts';

export const browserFrom = (
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
  ip: string | null,
): BrowserInfo => ({
  acceptHeader: headers.accept ?? '*/*',
  userAgent: headers['user-agent'] ?? 'unknown',
  language: languageOf(form.get('language'), headers['accept-language']),
  ip,
  javascriptEnabled: form.get('script') === 'yes',
  javaEnabled: false,
  colorDepth: depthOf(numberIn(form, 'color_depth', 48)),
  screenHeight: numberIn(form, 'screen_height', 999_999),
  screenWidth: numberIn(form, 'screen_width', 999_999),
  timeZoneMinutes: minutesIn(form),
  windowSize: windowSizeOf(
    numberIn(form, 'window_width', 999_999),
    numberIn(form, 'window_height', 999_999),
  ),
});

const languageOf = (told: string | null, accepted = ''): string => {
  const [first = ''] = accepted.split(/[,;]/);
  return [told, first.trim()].find((tag) => tag !== null && /^[\w-]{2,35}$/.test(tag)) ?? 'en';
};

const numberIn = (form: URLSearchParams, name: string, max: number): number | null => {
  const text = form.get(name) ?? '';
  return /^\d{1,6}$/.test(text) && Number(text) <= max ? Number(text) : null;
};

const minutesIn = (form: URLSearchParams): number | null => {
  const text = form.get('time_zone') ?? '';
  return /^-?\d{1,3}$/.test(text) ? Number(text) : null;
};

/** The protocol knows these depths and no others. */
const depths = [48, 32, 24, 16, 15, 8, 4, 1];
const depthOf = (depth: number | null): number | null =>
  depth === null ? null : (depths.find((known) => known <= depth) ?? null);

/** The largest of the protocol's windows that fits; a phone's whole window is the whole window. */
const windowSizeOf = (width: number | null, height: number | null): WindowSize => {
  if (width === null || height === null || width > 640) return '05';
  if (width >= 600 && height >= 400 && height < 600) return '04';
  if (width >= 500 && height >= 600) return '03';
  return '05';
};
