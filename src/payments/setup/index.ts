export { findMandate } from './find-mandate.ts';
export { goOnSetup } from './go-on.ts';
export {
  abandonSetup,
  checkSetupAsked,
  makeSetup,
  mayBeSetUp,
  type SetupAsked,
  tryToSetUp,
} from './made-setup.ts';
export { SETUP } from './render-setup.ts';
export { setupReturnHandlers } from './return-handlers.ts';
export { loadSetup } from './setup.store.ts';
export type { SetupIntent } from './setup-intent.ts';
export { provideSetupListeners, type SetupListener } from './setup-listeners.ts';
