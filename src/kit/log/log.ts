import pino from 'pino';
import type { Clock, Log, LogFields } from '#kit/context';
import { spellId } from '#kit/ids';
import { type PrintableField, prefixes, printable } from './fields.ts';
import { scrub } from './scrub.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

export type LogSettings = {
  readonly format: 'terminal' | 'json';
  readonly level: Level;
  readonly clock: Pick<Clock, 'now'>;
  readonly write: (line: string) => void;
  readonly colour?: boolean;
};

export const createLog = (settings: LogSettings): Log => {
  const logger = pino(
    {
      level: settings.level,
      base: { 'ecs.version': '8.17.0', 'service.name': 'tollgate' },
      messageKey: 'message',
      timestamp: () => `,"@timestamp":"${new Date(settings.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    {
      write: (line: string) => {
        const clean = scrub(line);
        settings.write(
          settings.format === 'json'
            ? clean
            : forTerminal(JSON.parse(clean), settings.colour ?? false),
        );
      },
    },
  );
  // Each request has a line: where nobody reads it, its fields are not even named.
  const at = (level: Level) => (fields: LogFields, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](named(fields), message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

const named = (fields: LogFields): Record<string, unknown> => {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (name === 'error') Object.assign(out, describeError(value));
    const ecs = printable[name as PrintableField];
    if (ecs !== undefined) out[ecs] = asPrinted(name as PrintableField, value);
  }
  return out;
};

const asPrinted = (name: PrintableField, value: unknown): unknown => {
  if (typeof value === 'object') return '[object]';
  const prefix = prefixes[name];
  return prefix !== undefined && isUuid(value) ? spellId(prefix, value) : value;
};

const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value);

/** A database error repeats values in `detail`; only what names the fault is kept. */
const describeError = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error))
    return { 'error.message': 'a value that is not an error was thrown' };
  const { code } = error as { code?: unknown };
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return {
    'error.type': error.name,
    'error.message': error.message + cause,
    ...(typeof code === 'string' ? { 'error.code': code } : {}),
    ...(error.stack ? { 'error.stack_trace': error.stack } : {}),
  };
};

const colours: Readonly<Record<string, string>> = {
  debug: '2',
  info: '36',
  warn: '33',
  error: '31',
};
const quiet = new Set([
  'ecs.version',
  'service.name',
  '@timestamp',
  'log.level',
  'message',
  'error.stack_trace',
]);

const forTerminal = (line: Record<string, unknown>, colour: boolean): string => {
  const paint = (code: string, text: string): string =>
    colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  const level = String(line['log.level']);
  const time = String(line['@timestamp']).slice(11, 19);
  const details = Object.entries(line)
    .filter(([name]) => !quiet.has(name))
    .map(([name, value]) => `${name.split('.').at(-1)}=${String(value)}`)
    .join(' ');
  const stack =
    level === 'error' && line['error.stack_trace'] ? `\n${String(line['error.stack_trace'])}` : '';
  return `${paint('2', time)} ${paint(colours[level] ?? '0', level.padEnd(5))} ${String(line['message'])}${
    details ? `  ${paint('2', details)}` : ''
  }${stack}\n`;
};
