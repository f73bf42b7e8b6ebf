// As in `payments/intents`, for setups.

import { goingOn } from '#payments/intents';
import { goOnSetup } from './go-on.ts';
import { loadSetup } from './setup.store.ts';

export const { onAuthentication, goOnAfter, goOnJob } = goingOn('setup.go_on', {
  isOurs: async (context, scope, id) => (await loadSetup(context, scope, id)) !== undefined,
  goOn: goOnSetup,
});
