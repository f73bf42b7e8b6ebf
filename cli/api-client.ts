// The gateway as a client of it sees it: commands that need no right on the database ask the API, like
// any other program.

import { type Command, Option } from 'commander';
import { CliError } from './errors.ts';
import { readQuickstart } from './quickstart.ts';
import { settingsOfProject } from './settings.ts';

export type Where = { readonly url?: string; readonly key?: string };

export const withWhere = (command: Command): Command =>
  command
    .option('--url <url>', 'the gateway; that of the quick start when left out')
    .addOption(
      fromEnvironment(
        new Option('--key <key>', 'a secret key; that of the quick start when left out'),
        'STRIPE_API_KEY',
      ),
    );

/** A variable that is there and says nothing, as in a file of settings that is yet to be filled, is left out. */
export const fromEnvironment = (option: Option, variable: string): Option =>
  process.env[variable] === '' ? option : option.env(variable);

export type ApiClient = {
  readonly url: string;
  /** As its key says; nothing was asked. */
  readonly livemode: boolean;
  get<T>(path: string, query?: Readonly<Record<string, string>>): Promise<T>;
  post<T>(path: string, form?: Readonly<Record<string, string>>): Promise<T>;
  del<T>(path: string): Promise<T>;
};

/** Nobody answered, or somebody who asks us to come again: it may well be otherwise in a moment. */
export class NotNow extends CliError {}

const isPassing = (status: number): boolean => status === 429 || status >= 500;

export const apiClient = (where: Where): ApiClient => {
  const { data } = settingsOfProject(process.env);
  const quickstart = readQuickstart(data);
  const at = where.url ?? quickstart?.url;
  const key = where.key ?? quickstart?.secretKey;
  if (at === undefined || key === undefined) {
    throw new CliError(
      `No gateway was found: no npm start is up on ${data}. Start one, name the data folder of one that is up with TOLLGATE_DATA, or give --url and --key.`,
    );
  }
  // Nothing else can be sent as one: what documents write for it, with three dots at its end, was copied.
  if (!/^\w+$/.test(key.trim())) {
    throw new CliError(
      'That is no key: one is letters, digits and "_" alone, like sk_test_ and many more.',
    );
  }

  const url = addressOf(at);
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}${path}`, { ...init, headers }).catch(() => {
      throw new NotNow(`Nothing answers at ${url}.`);
    });
    const { status } = response;
    const text = await response.text().catch(() => {
      throw new NotNow(`${url} broke off in the middle of an answer.`);
    });
    const body = parsed(text) as { error?: { message: string } } | null;
    if (status === 200 && body !== null) return body as T;
    const said = body?.error?.message ?? `${url} answered ${status}, and not as a gateway does.`;
    throw new (isPassing(status) ? NotNow : CliError)(said);
  };
  return {
    url,
    livemode: /^[a-z]+_live_/.test(key),
    get: (path, query = {}) =>
      ask(`${path}?${new URLSearchParams(query).toString()}`, { method: 'GET' }),
    post: (path, form = {}) => ask(path, { method: 'POST', body: new URLSearchParams(form) }),
    del: (path) => ask(path, { method: 'DELETE' }),
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/**
 * `localhost:4242`, or with the `/v1` that stands before every path, is plain enough. A secret key goes
 * along: it leaves this machine in clear only where somebody wrote `http:`.
 */
export const addressOf = (text: string): string => {
  const isWhole = /^[a-z]+:\/\//i.test(text);
  const scheme = isOnThisMachine(text) ? 'http' : 'https';
  return (isWhole ? text : `${scheme}://${text}`).replace(/(?:\/v1)?\/?$/, '');
};

/** Of the host as it is read for the call: `127.example.com` and `localhost@example.com` are elsewhere. */
const isOnThisMachine = (text: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(URL.parse(`http://${text}`)?.hostname ?? '');
