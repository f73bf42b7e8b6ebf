export * from './connector.ts';
export * from './rails.ts';
export { provideRails, railsOf } from './rails-of.ts';
export * from './request.ts';
