export { goOnSetup } from './go-on.ts';
export { renderSetup, SETUP } from './render-setup.ts';
export { loadSetup } from './setup.store.ts';
export type { SetupIntent } from './setup-intent.ts';
