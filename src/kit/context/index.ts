export * from './context.ts';
export * from './crash-points.ts';
export * from './database.ts';
export { systemClock, systemNetwork, systemRandom } from './system.ts';
export { AddressRefused } from './system-post.ts';
