// Customers are made, changed and searched by the very routes of the API, which whoever starts an import
// hands in: the same rules, the same writes, the same events. Only the commit is ours, because the row
// that remembers the import belongs into it.

import type { Context, Scope, Write } from '#kit/context';
import { API_VERSION } from '#platform/events';
import { ApiError, compileParameters, type Outcome, type Route } from '#platform/http';
import { PortabilityError } from './failures.ts';

/** What a form or a JSON body would carry: text by text. */
export type Sent = { readonly [name: string]: string | Sent | undefined };
type Raw = Parameters<ReturnType<typeof compileParameters>>[0];

export const rawOf = (sent: Sent): Raw =>
  new Map(
    Object.entries(sent)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'object' ? rawOf(value) : (value as string)]),
  );

export type Changed = {
  readonly id: string;
  readonly writes: readonly Write[];
};

export type CustomerVerbs = {
  create(context: Context, scope: Scope, sent: Sent): Promise<Changed>;
  makeDefault(context: Context, scope: Scope, customer: string, method: string): Promise<Changed>;
  /** Ids of living customers whose metadata say so; two are enough to know that there are several. */
  findByMetadata(context: Context, scope: Scope, key: string, value: string): Promise<string[]>;
};

export const customerVerbs = (routes: readonly Route[]): CustomerVerbs => {
  const verb = (operation: string) => {
    const route = routes.find((known) => known.operation === operation);
    if (route === undefined) throw new PortabilityError(`There is no route ${operation} to use.`);
    const read = compileParameters(route.parameters);
    return async (
      context: Context,
      scope: Scope,
      sent: Sent,
      path: Readonly<Record<string, string>> = {},
    ): Promise<Outcome> => {
      const outcome = await route.handle(context, {
        scope,
        principal: { scope, keyId: '', kind: 'secret', permissions: {} },
        requestId: context.actor.requestId ?? '',
        idempotencyKey: null,
        apiVersion: API_VERSION,
        url: route.path,
        path,
        parameters: read(rawOf(sent)).values,
        expand: [],
        begin: (writes) => context.database.commit(scope, writes),
        claim: () => [],
        claimed: () => {},
        conclude: async () => [],
        resumes: null,
      });
      if (outcome.body instanceof ApiError) throw outcome.body;
      return outcome;
    };
  };
  const [create, update, search] = [
    verb('customers.create'),
    verb('customers.update'),
    verb('customers.search'),
  ];

  return {
    create: async (context, scope, sent) => changed(await create(context, scope, sent)),
    makeDefault: async (context, scope, customer, method) =>
      changed(
        await update(
          context,
          scope,
          { invoice_settings: { default_payment_method: method } },
          { customer },
        ),
      ),
    findByMetadata: async (context, scope, key, value) => {
      const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      const query = `metadata[${quoted(key)}]:${quoted(value)}`;
      const { body } = await search(context, scope, { query, limit: '2' });
      return (body as { data: { id: string }[] }).data.map(({ id }) => id);
    },
  };
};

const changed = ({ body, writes = [] }: Outcome): Changed => ({
  id: (body as { id: string }).id,
  writes,
});
