export * from './connector.ts';
export * from './request.ts';
