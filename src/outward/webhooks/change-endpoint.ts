// Making, changing, rolling and removing endpoints.

import { auditEntry } from '#identity/audit';
import { type Context, realClock, type Scope, type Write } from '#kit/context';
import { newUuid, parseId } from '#kit/ids';
import {
  ApiError,
  checkApiVersion,
  mergeMetadata,
  type Outcome,
  resourceMissing,
  type TypedRequest,
} from '#platform/http';
import { checkUrl } from './allowed-url.ts';
import { ENDPOINTS_MAX, type Endpoint, newSecret, rolled, switched } from './endpoint.ts';
import type { createParameters, rollParameters, updateParameters } from './endpoint-parameters.ts';
import {
  insertEndpoint,
  isAnyMoreAllowed,
  loadEndpoint,
  updateEndpoint,
} from './endpoints.store.ts';
import { ENDPOINT, renderEndpoint, renderWithSecret } from './render.ts';
import { settingsOf } from './settings-of.ts';
import { wantedEvents } from './wanted-events.ts';

const HOUR_MS = 3_600_000;
const OVERLAP_HOURS = 24;

export const createEndpoint = async (
  context: Context,
  { scope, parameters: asked }: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  checkUrl(scope, settingsOf(context), asked.url);
  if (asked.api_version !== undefined) checkApiVersion(asked.api_version, 'api_version');
  if (asked.connect === true) {
    throw new ApiError(
      400,
      "Connected accounts are not part of this installation: remove 'connect'.",
      { param: 'connect' },
    );
  }
  const events = wantedEvents(asked.enabled_events);
  if (!(await isAnyMoreAllowed(context, scope))) throw tooMany(scope);
  const endpoint: Endpoint = {
    id: newUuid(context),
    version: 1,
    state: 'enabled',
    url: asked.url,
    events,
    ordered: asked.ordering === 'per_object',
    secrets: [{ text: newSecret(context), endsAtMs: null }],
    apiVersion: asked.api_version ?? null,
    description: asked.description ?? null,
    metadata: mergeMetadata({}, asked.metadata),
    whyDisabled: null,
    failingSinceMs: null,
  };
  return {
    body: renderWithSecret(endpoint, scope.livemode),
    writes: [
      insertEndpoint(context, scope, endpoint),
      noted(context, scope, endpoint, 'webhook_endpoint.create'),
    ],
  };
};

const tooMany = ({ livemode }: Scope): ApiError =>
  new ApiError(
    400,
    `You have reached the maximum of ${ENDPOINTS_MAX} ${livemode ? 'live' : 'test'} webhook endpoints. Delete one that is not used any more, or change one: it may want any events.`,
  );

export const changeEndpoint = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findEndpoint(context, scope, request.path['webhook_endpoint'] ?? '');
  if (asked.url !== undefined) checkUrl(scope, settingsOf(context), asked.url);
  const state =
    asked.disabled === undefined ? before.state : asked.disabled ? 'disabled' : 'enabled';
  const endpoint: Endpoint = {
    ...switched(before, { state, why: null }),
    version: before.version + 1,
    url: asked.url ?? before.url,
    events: asked.enabled_events === undefined ? before.events : wantedEvents(asked.enabled_events),
    ordered: asked.ordering === undefined ? before.ordered : asked.ordering === 'per_object',
    description: asked.description === undefined ? before.description : asked.description,
    metadata: mergeMetadata(before.metadata, asked.metadata),
  };
  return {
    body: renderEndpoint(endpoint, scope.livemode),
    writes: [
      updateEndpoint(context, scope, endpoint),
      noted(context, scope, endpoint, 'webhook_endpoint.update'),
    ],
  };
};

/** For a while both secrets sign: the receiver takes the new one when it is ready. */
export const rollSecret = async (
  context: Context,
  request: TypedRequest<typeof rollParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findEndpoint(context, scope, request.path['webhook_endpoint'] ?? '');
  const endpoint: Endpoint = {
    ...before,
    version: before.version + 1,
    secrets: rolled(before.secrets, newSecret(context), {
      nowMs: realClock(context.clock).now(),
      overlapMs: (asked.overlap_hours ?? OVERLAP_HOURS) * HOUR_MS,
    }),
  };
  return {
    body: renderWithSecret(endpoint, scope.livemode),
    writes: [
      updateEndpoint(context, scope, endpoint),
      noted(context, scope, endpoint, 'webhook_endpoint.roll_secret'),
    ],
  };
};

export const deleteEndpoint = async (
  context: Context,
  request: { readonly scope: Scope; readonly path: Readonly<Record<string, string>> },
): Promise<Outcome> => {
  const { scope } = request;
  const before = await findEndpoint(context, scope, request.path['webhook_endpoint'] ?? '');
  const endpoint: Endpoint = {
    ...before,
    version: before.version + 1,
    state: 'deleted',
    secrets: [],
  };
  const { id, object } = renderEndpoint(endpoint, scope.livemode);
  return {
    body: { id, object, deleted: true },
    writes: [
      updateEndpoint(context, scope, endpoint),
      noted(context, scope, endpoint, 'webhook_endpoint.delete'),
    ],
  };
};

export const findEndpoint = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<Endpoint> => {
  const id = parseId(ENDPOINT, spelled);
  const endpoint = id && (await loadEndpoint(context, scope, id));
  if (endpoint) return endpoint;
  throw resourceMissing({
    noun: 'webhook endpoint',
    id: spelled,
    ...(param === undefined ? {} : { param }),
  });
};

// Where events go decides who learns of them, and so each change is in the audit log.
const noted = (context: Context, scope: Scope, endpoint: Endpoint, action: string): Write =>
  auditEntry(context, {
    scope,
    action,
    target: endpoint.id,
    details: { url: endpoint.url, state: endpoint.state },
  });
