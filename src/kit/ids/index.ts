export * from './id.ts';
export * from './uuid.ts';
