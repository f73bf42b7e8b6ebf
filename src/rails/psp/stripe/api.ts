// One call to Stripe's API: a form out, JSON back.

import { NoAnswer, NumberText, parseJsonText } from '#kit/http-client';
import type { Call, ConnectorAccount } from '#rails/connectors';

/** The version that the mapping here was written against. */
const API_VERSION = '2026-10-28.endive';

export type Fields = Readonly<Record<string, string | null | undefined>>;
export type Json = Readonly<Record<string, unknown>>;

export type Answered = { readonly status: number; readonly body: Json };

type Speaking = Pick<Call<unknown>, 'http' | 'account'>;

export const post = (
  call: Speaking & { readonly operation: { readonly providerKey: string } },
  path: string,
  fields: Fields,
  { key = call.operation.providerKey }: { readonly key?: string | null } = {},
): Promise<Answered> =>
  ask(call, {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(key === null ? {} : { 'idempotency-key': key }),
    },
    body: formOf(fields),
  });

export const get = (call: Speaking, path: string, fields: Fields = {}): Promise<Answered> => {
  const query = formOf(fields);
  return ask(call, { method: 'GET', path: query === '' ? path : `${path}?${query}`, headers: {} });
};

const ask = async (
  { http, account }: Speaking,
  asked: {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Promise<Answered> => {
  const { settings } = account;
  const connected = textAt(settings, 'stripe_account');
  const answer = await http({
    method: asked.method,
    url: `${String(settings['api_base'])}${asked.path}`,
    headers: {
      authorization: `Bearer ${secretKeyOf(account)}`,
      'stripe-version': API_VERSION,
      ...(connected === null ? {} : { 'stripe-account': connected }),
      ...asked.headers,
    },
    ...(asked.body === undefined ? {} : { body: asked.body }),
  });
  const body = parseJsonText(answer.body.toString());
  // A page of a proxy, or nothing: whoever wrote that does not know what became of the request.
  if (!isJson(body)) throw new NoAnswer('no_json');
  return { status: answer.status, body };
};

const secretKeyOf = ({ settings }: ConnectorAccount): string => String(settings['secret_key']);

const formOf = (fields: Fields): string => {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) form.append(name, value);
  }
  return form.toString();
};

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !(value instanceof NumberText);

export const textAt = (from: Json, name: string): string | null => {
  const value = from[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** Whole minor units; null where there is no such number. */
export const amountAt = (from: Json, name: string): bigint | null => {
  const value = from[name];
  return value instanceof NumberText && /^\d{1,18}$/.test(value.text) ? BigInt(value.text) : null;
};

export const objectAt = (from: Json, name: string): Json | null => {
  const value = from[name];
  return isJson(value) ? value : null;
};

/** Of an object, or of its id where it was not expanded. */
export const idAt = (from: Json, name: string): string | null => {
  const whole = objectAt(from, name);
  return whole === null ? textAt(from, name) : textAt(whole, 'id');
};
