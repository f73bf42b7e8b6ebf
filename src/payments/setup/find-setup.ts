import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { missingIn, secretAsId } from '#platform/http';
import { SETUP } from './render-setup.ts';
import { loadSetup } from './setup.store.ts';
import type { SetupIntent } from './setup-intent.ts';

/** The setup intent of that id; or the refusal that says what is wrong with it. */
export const findSetup = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<SetupIntent> => {
  const id = parseId(SETUP, spelled);
  const setup = id && (await loadSetup(context, scope, id));
  if (setup) return setup;
  if (/^seti_\w+_secret_/.test(spelled)) throw secretAsId('SetupIntent', param);
  throw await missingIn(
    scope,
    { noun: 'setupintent', id: spelled, inUrl: 'intent', param },
    (other) => id && loadSetup(context, other, id),
  );
};
