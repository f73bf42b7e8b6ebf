// Workers that tell endpoints, for tests. The network is the tests': it answers when it is told to.

import { setTimeout as delay } from 'node:timers/promises';
import type { GuardedPost, HttpAnswer, Network, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { appendChange, type EventKind, gatherEventKinds } from '#platform/events';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { noNetwork } from '../../kit/context/for-tests.ts';
import { type Endpoint, newSecret } from './endpoint.ts';
import { insertEndpoint } from './endpoints.store.ts';
import { module, pumpOf } from './module.ts';
import { provideWebhooks } from './settings-of.ts';

export const created: EventKind = {
  code: 1,
  type: 'customer.created',
  object: 'customer',
  renderer: 1,
  renderers: { 1: (snapshot) => ({ object: snapshot }) },
};
export const updated: EventKind = { ...created, code: 2, type: 'customer.updated' };
/** A version that is to come knows it. */
export const unheardOf: EventKind = { ...created, code: 999, type: 'customer.exploded' };
export const kinds = gatherEventKinds([created, updated]);
export const listeners = module.listeners({ eventKinds: kinds });

export const until = async (
  what: string,
  look: () => Promise<boolean> | boolean,
): Promise<void> => {
  for (let tries = 0; tries < 3_000; tries += 1) {
    if (await look()) return;
    await delay(10);
  }
  throw new Error(`It did not come: ${what}`);
};

type Call = { readonly post: GuardedPost; answer(status: number, text?: string): void };

/** Every call hangs until it is answered, or is answered at once. */
const networkOf = () => {
  const calls: Call[] = [];
  let always: { status: number; text: string } | null = null;
  const network: Network = {
    ...noNetwork,
    post: (post) =>
      new Promise<HttpAnswer>((resolve) => {
        const answer = (status: number, text = ''): void =>
          resolve({ status, headers: {}, body: Buffer.from(text) });
        if (always === null) calls.push({ post, answer });
        else answer(always.status, always.text);
      }),
  };
  return {
    network,
    calls,
    always: (status: number, text = '') => {
      always = { status, text };
    },
    hang: () => {
      always = null;
    },
  };
};

export const workerOn = async (on?: TestContext['on']) => {
  const net = networkOf();
  const context = await testContext({ network: net.network, ...(on === undefined ? {} : { on }) });
  provideWebhooks(context, { masterSecret: Buffer.alloc(32, 7), toLoopback: true });
  return { ...net, context, pump: pumpOf(context) };
};

export const endpointOf = async (
  context: TestContext,
  scope: Scope,
  ordered = false,
): Promise<Endpoint> => {
  const endpoint: Endpoint = {
    id: newUuid(context),
    version: 1,
    state: 'enabled',
    url: 'http://127.0.0.1:9/hook',
    events: null,
    ordered,
    secrets: [{ text: newSecret(context), endsAtMs: null }],
    apiVersion: null,
    description: null,
    metadata: {},
    whyDisabled: null,
    failingSinceMs: null,
  };
  await context.database.commit(scope, [insertEndpoint(context, scope, endpoint)]);
  return endpoint;
};

export const happen = async (
  context: TestContext,
  scope: Scope,
  count = 1,
  of: {
    readonly id?: string;
    readonly objectId?: string;
    readonly sequence?: number;
    readonly kinds?: readonly EventKind[];
  } = {},
): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    const change = {
      scope,
      objectId: newUuid(context),
      sequence: 1,
      kinds: [created],
      ...of,
      snapshot: { id: `cus_${n}` },
      request: null,
    };
    await context.database.commit(scope, [appendChange(context, change)]);
  }
};

type Row = { state: number; attempts: number; tries: { answer: string; status: number }[] };

export const world = async () => {
  const worker = await workerOn();
  const scope = await testAccount(worker.context);
  const all = () =>
    asOwner(
      worker.context.on,
      'select state, attempts, tries from outward.deliveries order by event_id',
    ) as Promise<Row[]>;
  const count = async (table: string): Promise<number> => {
    const [row] = await asOwner(
      worker.context.on,
      `select count(*)::integer as count from outward.${table}`,
    );
    return Number(row?.['count']);
  };
  const allDelivered = async () => (await all()).every(({ state }) => state === 2);
  return { ...worker, scope, all, count, allDelivered };
};
