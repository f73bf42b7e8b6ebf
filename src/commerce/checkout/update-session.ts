import type { Context } from '#kit/context';
import { mergeMetadata, type Outcome, type TypedRequest } from '#platform/http';
import { findSession } from './find-session.ts';
import { notYet } from './refusals.ts';
import { answerWith } from './render-session.ts';
import type { updateParameters } from './session-parameters.ts';
import { writeSession } from './write-session.ts';

const notChangeable = [
  'collected_information',
  'line_items',
  'payment_intent_data',
  'shipping_options',
] as const;

export const updateSession = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked, expand } = request;
  for (const name of notChangeable) {
    // A page that is open would go on showing what it was made with.
    if (asked[name] !== undefined) throw notYet(name, 'Changing what a session is over is');
  }
  const before = await findSession(context, scope, request.path['session'] ?? '');
  const metadata = mergeMetadata(before.metadata, asked.metadata);
  if (JSON.stringify(metadata) === JSON.stringify(before.metadata)) {
    return answerWith(before, scope, expand);
  }
  const { session, writes } = writeSession(context, scope, {
    before,
    after: { ...before, metadata },
    kinds: [],
    cause: request,
  });
  return { ...answerWith(session, scope, expand), writes };
};
