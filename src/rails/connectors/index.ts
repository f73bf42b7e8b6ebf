export type { StoredAccount } from './account.ts';
export * from './connector.ts';
export { type Directory, directoryOf, provideDirectory } from './directory.ts';
export { type OpenRails, openRails } from './open-rails.ts';
export * from './rails.ts';
export { provideRails, railsOf } from './rails-of.ts';
export * from './request.ts';
export { webhookHandlers } from './webhook-handlers.ts';
