export * from './context.ts';
export * from './crash-points.ts';
export * from './database.ts';
