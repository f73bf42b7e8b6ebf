// The sentences of the protocol, one function each. Clients compare some of these texts, so they are
// written once, here, and modules call them by what happened.

import type { Scope } from '#kit/context';
import { declineMessages, errorCodes } from './error-codes.ts';
import type { ErrorFields } from './errors.ts';
import { ApiError, refuse } from './errors.ts';
import { echo, maskKey, maskSensitive, shorten } from './sensitive.ts';

// Who calls, and where.

export const keyMissing = (docsUrl: string): ApiError =>
  new ApiError(
    401,
    `You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See ${docsUrl} for details, or ask whoever runs this installation.`,
  );

export const keyInvalid = (key: string): ApiError =>
  new ApiError(401, `Invalid API Key provided: ${maskKey(key)}`);

export const secretKeyRequired = (): ApiError => refuse('secret_key_required');

/** `resource` is the first word of the operation: `customers` → `customers_write`. */
export const permissionMissing = (resource: string, action: 'read' | 'write'): ApiError =>
  new ApiError(
    403,
    `The provided key does not have the required permissions for this endpoint. Having the '${resource}_${action}' permission would allow this request to continue.`,
  );

export const accountForbidden = (account: string): ApiError =>
  new ApiError(
    403,
    `The provided key does not have access to account '${echo(account)}' (or that account does not exist).`,
  );

// Spaces arrive encoded: what is masked must be looked for in the text that a person would read.
const readable = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

export const urlUnknown = (method: string, path: string, docsUrl: string): ApiError =>
  new ApiError(
    404,
    `Unrecognized request URL (${method}: ${echo(readable(path))}).${emptyId(path)} Please see ${docsUrl}.`,
  );

/** Mostly an id that was an empty text: SDKs put it into the path as it is. */
const emptyId = (path: string): string => {
  if (!/^\/v1\/[a-z_].*?\/(?:\/|$)/.test(path)) return '';
  const given = 'make sure you passed a valid (non-empty) identifier in your code.';
  return path.endsWith('/')
    ? ` If you are trying to list objects, remove the trailing slash. If you are trying to retrieve a specific object, ${given}`
    : ` Please ${given}`;
};

const apiVersion = /^\d{4}-\d{2}-\d{2}(?:\.[a-z][a-z0-9_]{0,30})?$/;

/** `2026-10-28.endive`. Where it came as a parameter, that is named. */
export const checkApiVersion = (version: string, param?: string): void => {
  if (apiVersion.test(version)) return;
  const message = `Invalid Stripe API version: ${echo(version)}`;
  throw new ApiError(400, message, param === undefined ? {} : { param });
};

// Parameters.

export const parameterMissing = (param: string): ApiError =>
  refuse('parameter_missing', { message: `Missing required param: ${echo(param)}.`, param });

export const parametersUnknown = (names: readonly string[]): ApiError =>
  refuse('parameter_unknown', {
    message: `Received unknown parameter${names.length === 1 ? '' : 's'}: ${nameAll(names)}`,
    ...(names[0] === undefined ? {} : { param: names[0] }),
  });

export const emptyParameter = (param: string): ApiError => {
  const name = echo(param);
  return refuse('parameter_invalid_empty', {
    message: `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
    param,
  });
};

export const integerInvalid = (param: string, value: string): ApiError =>
  refuse('parameter_invalid_integer', { message: `Invalid integer: ${echo(value)}`, param });

export const integerTooSmall = (param: string, minimum: number): ApiError =>
  refuse('parameter_invalid_integer', {
    message: `This value must be greater than or equal to ${minimum}.`,
    param,
  });

export const integerTooLarge = (param: string, maximum: number): ApiError =>
  refuse('parameter_invalid_integer', {
    message: `This value must be less than or equal to ${maximum}.`,
    param,
  });

/** `Invalid string: {"0":"a"}`, `Invalid boolean: x`. */
export const valueInvalid = (kind: string, param: string, value: string): ApiError =>
  new ApiError(400, `Invalid ${kind}: ${echo(value)}`, { param });

/** `Invalid array`, `Invalid object`: these show no value. */
export const shapeInvalid = (kind: 'array' | 'object', param: string): ApiError =>
  new ApiError(400, `Invalid ${kind}`, { param });

export const textTooLong = (param: string, value: string, maximum: number): ApiError => {
  const shown = shorten(value, { whole: 10, head: 10, tail: 10 });
  return new ApiError(400, `Invalid string: ${shown}; must be at most ${maximum} characters`, {
    param,
  });
};

export const textTooShort = (param: string, value: string, minimum: number): ApiError =>
  new ApiError(400, `Invalid string: ${echo(value)}; must be at least ${minimum} characters`, {
    param,
  });

export const notOneOf = (param: string, allowed: readonly string[]): ApiError =>
  new ApiError(400, `Invalid ${echo(param)}: must be ${choice(allowed)}`, { param });

export const emailInvalid = (param: string, value: string): ApiError =>
  refuse('email_invalid', { message: `Invalid email address: ${echo(value)}`, param });

export const urlInvalid = (param: string): ApiError =>
  refuse('url_invalid', { message: 'Not a valid URL', param });

export const currencyInvalid = (
  param: string,
  value: string,
  supported: readonly string[],
): ApiError =>
  new ApiError(
    400,
    `Invalid currency: ${echo(value)}. This installation currently supports these currencies: ${supported.join(', ')}`,
    { param },
  );

export const onlyOneOf = (names: readonly string[]): ApiError =>
  new ApiError(
    400,
    `You may only specify one of these parameters: ${names.join(', ')}.`,
    names[0] === undefined ? {} : { param: names[0] },
  );

/** The old and the new name of one thing, with two different values. */
export const parametersExclusive = (names: readonly string[]): ApiError =>
  refuse('parameters_exclusive', {
    message: `You may only specify one of these parameters: ${names.join(', ')}.`,
    ...(names[0] === undefined ? {} : { param: names[0] }),
  });

/** Names where the number was found and never shows it. */
export const cardNumberRefused = (param: string): ApiError => {
  const name = echo(param);
  return new ApiError(
    400,
    `The parameter '${name}' seems to contain a card number. Card numbers are accepted only in card fields; remove it from '${name}' and try again.`,
    { param },
  );
};

// Objects.

export type Missing = {
  /** As Stripe writes it: `customer`, `payment_intent`, `PaymentMethod`. */
  readonly noun: string;
  readonly id: string;
  /** Absent: the id stood in the URL, which is a 404; else the parameter that named it, a 400. */
  readonly param?: string;
  /** What an id in the URL is called, where it is not `id`. */
  readonly inUrl?: string;
  /** The mode in which a similar object does exist. */
  readonly existsIn?: 'test' | 'live';
};

export const resourceMissing = ({ noun, id, param, inUrl, existsIn }: Missing): ApiError => {
  const other = existsIn === 'test' ? 'live' : 'test';
  const hint =
    existsIn === undefined
      ? ''
      : `; a similar object exists in ${existsIn} mode, but a ${other} mode key was used to make this request.`;

  return new ApiError(param === undefined ? 404 : 400, `No such ${noun}: '${echo(id)}'${hint}`, {
    code: 'resource_missing',
    param: param ?? inUrl ?? 'id',
  });
};

/** The secret of an intent where its id belongs: it opens that intent, so it is not said again. */
export const secretAsId = (noun: 'PaymentIntent' | 'SetupIntent', param?: string): ApiError =>
  new ApiError(
    param === undefined ? 404 : 400,
    `You passed a string that looks like a client secret as the ${noun} ID, but you must provide a valid ${noun} ID. Please use the value in the \`id\` field of the ${noun}.`,
    { param: param ?? 'intent' },
  );

/**
 * Of what is not there. The commonest mistake is a key of the wrong mode, so the same account's other mode is looked
 * at.
 */
export const missingIn = async (
  scope: Scope,
  missing: Omit<Missing, 'existsIn'>,
  isThere: (other: Scope) => unknown,
): Promise<ApiError> => {
  const other = { ...scope, livemode: !scope.livemode };
  const existsIn = other.livemode ? 'live' : 'test';
  return resourceMissing({ ...missing, ...((await isThere(other)) ? { existsIn } : {}) });
};

/** A declined card or bad card data: 402, with the text of the decline where it has one. */
export const cardRefused = (
  code: Extract<keyof typeof errorCodes, string>,
  fields: Omit<ErrorFields, 'code' | 'type'> & { readonly message?: string } = {},
): ApiError => {
  const declined = declineMessages[fields.decline_code ?? ''];
  return refuse(code, declined === undefined ? fields : { message: declined, ...fields });
};

// Idempotency and load.

export const idempotencyKeyInvalid = (): ApiError =>
  new ApiError(
    400,
    'The Idempotency-Key header must have 1 to 255 printable ASCII characters, without a line break.',
    { type: 'idempotency_error' },
  );

export const idempotencyKeyReused = (key: string): ApiError =>
  new ApiError(
    400,
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${maskSensitive(key)}' if you meant to execute a different request.`,
    { type: 'idempotency_error' },
  );

export const idempotencyKeyInUse = (key: string): ApiError =>
  refuse('idempotency_key_in_use', {
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${maskSensitive(key)}. Please try again later.`,
  });

export const rateLimited = (retryAfterSeconds: number): ApiError =>
  refuse('rate_limit', { retryAfterSeconds });

export const lockTimeout = (): ApiError => refuse('lock_timeout', { retryAfterSeconds: 1 });

export const overloaded = (): ApiError =>
  new ApiError(503, 'This installation is busy. Please try again in a moment.', {
    retryAfterSeconds: 1,
  });

export const tooMuchToLookThrough = (): ApiError =>
  new ApiError(
    400,
    'This would have to look through more than can be read at once. Narrow it down, for example to a range of `created`, and ask for one range after the other.',
  );

/** All that a caller learns of a bug; the log has the rest under the same id. */
export const internalError = (requestId: string): ApiError =>
  new ApiError(
    500,
    `Sorry! There was an error while talking to this installation. It has been logged under the request id ${requestId}.`,
  );

// Many unknown names make a long text: enough are named to see the mistake.
const namesShownMax = 50;

const nameAll = (names: readonly string[]): string =>
  names
    .slice(0, namesShownMax)
    .map((name) => echo(name))
    .join(', ');

/** `one of a, b, or c`, with the comma that Stripe writes. */
const choice = (values: readonly string[]): string => {
  if (values.length === 1) return values[0]!;
  if (values.length === 2) return `one of ${values[0]} or ${values[1]}`;
  return `one of ${values.slice(0, -1).join(', ')}, or ${values.at(-1)}`;
};
