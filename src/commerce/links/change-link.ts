import type { Static } from 'typebox';
import { withoutLink } from '#cards/methods';
import {
  changePlaces,
  changeShared,
  completedOf,
  insertPlaces,
  loadPlaces,
  productsOf,
  publicUrlOf,
  readShared,
  refuseCollection,
  refuseMethods,
  refuseNotYet,
} from '#commerce/checkout';
import type { Context, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { appendChange } from '#platform/events';
import { ApiError, type Outcome, parameterMissing, type TypedRequest } from '#platform/http';
import { linkCreated, linkSnapshot, linkUpdated } from './events.ts';
import { findLink } from './find-link.ts';
import { isUsedUp } from './limit-reached.ts';
import type { AfterCompletion, PaymentLink } from './link.ts';
import { spellAddress } from './link-address.ts';
import type { createParameters, updateParameters } from './link-parameters.ts';
import { insertLink, updateLink as updateRow } from './links.store.ts';
import { linkLines, renderLink } from './render-link.ts';

export const createLink = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseNotYet(asked);
  refuseCollection(asked.payment_method_collection, 'always');
  const id = newUuid(context);
  const link: PaymentLink = {
    id,
    version: 1,
    isActive: true,
    limit: asked.restrictions?.completed_sessions.limit ?? null,
    url: `${publicUrlOf(context)}/l/${spellAddress(scope, id)}`,
    afterCompletion: readAfter(asked.after_completion),
    inactiveMessage: asked.inactive_message ?? null,
    customerCreation: asked.customer_creation ?? 'if_required',
    types: withoutLink(asked.payment_method_types ?? null),
    session: readShared(context, asked),
  };
  await refuseTypes(context, scope, link);
  return {
    ...answerWith(link, scope, 0, request.expand),
    writes: [
      insertLink(scope, link),
      insertPlaces(scope, { linkId: link.id, places: link.limit }),
      appendChange(context, {
        scope,
        objectId: link.id,
        sequence: 1,
        kinds: [linkCreated],
        snapshot: linkSnapshot(link, 0),
        request,
      }),
    ],
  };
};

export const updateLink = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findLink(context, scope, request.path['link'] ?? '');
  const completed = await completedOf(context, scope, before.id);
  refuseNotYet(asked);
  refuseCollection(asked.payment_method_collection, 'always');
  const after: PaymentLink = {
    ...before,
    isActive: asked.active ?? before.isActive,
    limit:
      asked.restrictions === undefined
        ? before.limit
        : (asked.restrictions?.completed_sessions.limit ?? null),
    afterCompletion:
      asked.after_completion === undefined
        ? before.afterCompletion
        : readAfter(asked.after_completion),
    inactiveMessage:
      asked.inactive_message === undefined ? before.inactiveMessage : asked.inactive_message,
    types:
      asked.payment_method_types === undefined
        ? before.types
        : withoutLink(asked.payment_method_types),
    customerCreation: asked.customer_creation ?? before.customerCreation,
    session: changeShared(context, before.session, asked),
  };
  await refuseTooFew(context, scope, before, after);
  if (asked.active === true && isUsedUp(after, completed)) throw usedUp(completed);
  if (asked.payment_method_types !== undefined) await refuseTypes(context, scope, after);
  const shown = answerWith(after, scope, completed, request.expand);
  const whole = (link: PaymentLink): string =>
    JSON.stringify(answerWith(link, scope, completed, ['line_items']).body);
  // Asking for what already holds changes nothing.
  if (whole(after) === whole(before)) return shown;
  const link = { ...after, version: before.version + 1 };
  return {
    ...shown,
    writes: [
      updateRow(scope, link),
      ...(link.limit === before.limit
        ? []
        : [changePlaces(scope, { linkId: link.id, places: link.limit })]),
      appendChange(context, {
        scope,
        objectId: link.id,
        sequence: link.version,
        kinds: [linkUpdated],
        snapshot: linkSnapshot(link, completed, before),
        request,
      }),
    ],
  };
};

const answerWith = (
  link: PaymentLink,
  scope: Scope,
  completed: number,
  expand: readonly string[],
): Pick<Outcome, 'body' | 'related'> => ({
  body: {
    ...renderLink(link, scope, completed),
    ...(expand.some((path) => path.split('.', 1)[0] === 'line_items')
      ? { line_items: linkLines(link, scope) }
      : {}),
  },
  related: () => productsOf(link.session.lines, scope.livemode),
});

const refuseTooFew = async (
  context: Context,
  scope: Scope,
  before: PaymentLink,
  { id, limit }: PaymentLink,
): Promise<void> => {
  if (limit === null || limit === before.limit) return;
  const { taken } = await loadPlaces(context, scope, id);
  if (limit >= taken) return;
  throw new ApiError(
    400,
    `The limit cannot be lower than ${taken}: so many sessions of this link are complete or being paid. To take no more, set active to false.`,
    { param: 'restrictions[completed_sessions][limit]' },
  );
};

const usedUp = (completed: number): ApiError =>
  new ApiError(
    400,
    `This link was paid ${completed} times, which is all it may be. Raise restrictions[completed_sessions][limit] with active, or unset restrictions.`,
    { param: 'active' },
  );

/** What its sessions could not be paid with is refused now. */
const refuseTypes = (
  context: Context,
  scope: Scope,
  { types, session }: PaymentLink,
): Promise<void> =>
  refuseMethods(context, scope, {
    ...session,
    mode: 'payment',
    amount: 0n,
    types,
    allowedTypes: null,
    excludedTypes: null,
  });

const readAfter = (asked: Static<typeof createParameters>['after_completion']): AfterCompletion => {
  if (asked === undefined || asked.type === 'hosted_confirmation') {
    return {
      type: 'hosted_confirmation',
      message: asked?.hosted_confirmation?.custom_message ?? null,
    };
  }
  if (asked.redirect === undefined) throw parameterMissing('after_completion[redirect]');
  return { type: 'redirect', url: asked.redirect.url };
};
