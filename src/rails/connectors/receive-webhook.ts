// A webhook at the door. It is verified by its connector over the very bytes, stored once, and answered;
// what it means is learned by the worker. What is not verified leaves nothing behind but a count.

import type { Context, Scope } from '#kit/context';
import { seal } from '#kit/crypto';
import { NotSent } from '#kit/http-client';
import { newUuid, parseId, type Uuid } from '#kit/ids';
import type { ConnectorAccount, RawWebhook, WebhookReader } from './connector.ts';
import { insertInbound, ownerOfAccount } from './inbound.store.ts';
import type { Parts } from './parts.ts';
import { openAccount } from './port.ts';
import { CONNECTOR_ACCOUNT } from './render.ts';

export type WebhookAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

const nobody: WebhookAnswer = { status: 404, body: 'There is no such address.\n' };
const refused: WebhookAnswer = { status: 400, body: 'This could not be verified.\n' };
const taken: WebhookAnswer = { status: 200, body: '' };

export const receiveWebhook = async (
  parts: Parts,
  context: Context,
  to: { readonly connector: string; readonly account: string },
  raw: RawWebhook,
): Promise<WebhookAnswer> => {
  const found = await findReader(parts, context, to);
  if (found === null) return nobody;
  const { scope, account, reader } = found;

  const verified = reader.verify(raw, account, context.clock.now());
  if (!verified.ok) {
    parts.counts.unverified.set(to.connector, (parts.counts.unverified.get(to.connector) ?? 0) + 1);
    context.log.warn({ why: verified.code }, 'A webhook was not verified and is refused');
    return refused;
  }

  const id = newUuid(context);
  // Twice the same is stored once, and gets the same answer.
  await context.database.commit(scope, [
    insertInbound(scope, {
      id,
      connectorAccountId: account.id,
      eventId: verified.eventId.slice(0, 300),
      receivedAtMs: context.clock.now(),
      sealed: seal(context.random, parts.directory.webhookKey, packed(raw), boundTo(scope, id)),
    }),
  ]);
  return reader.answer?.(verified.eventId, account) ?? taken;
};

export const boundTo = (scope: Scope, id: Uuid): string =>
  `inbound webhook:${scope.accountId}:${scope.livemode}:${id}`;

const packed = ({ body, headers, url }: RawWebhook): Buffer =>
  Buffer.from(JSON.stringify({ body: body.toString('base64'), headers, url }));

export const unpacked = (clear: Buffer): RawWebhook => {
  const { body, headers, url } = JSON.parse(clear.toString()) as Omit<RawWebhook, 'body'> & {
    readonly body: string;
  };
  return { body: Buffer.from(body, 'base64'), headers, url };
};

const findReader = async (
  parts: Parts,
  context: Context,
  to: { readonly connector: string; readonly account: string },
): Promise<{
  readonly scope: Scope;
  readonly account: ConnectorAccount;
  readonly reader: WebhookReader;
} | null> => {
  const id = parseId(CONNECTOR_ACCOUNT, to.account);
  const reader = parts.functions.get(to.connector)?.webhook;
  if (id === null || reader === undefined) return null;
  const scope = await context.database.system((tx) => ownerOfAccount(tx, id));
  if (scope === null) return null;
  try {
    const { account } = await openAccount(parts, context, scope, id);
    return account.connector === to.connector ? { scope, account, reader } : null;
  } catch (error) {
    if (error instanceof NotSent) return null;
    throw error;
  }
};
