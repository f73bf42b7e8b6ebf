export { AHEAD_MS, type Ahead, readAhead } from './ahead.ts';
export { AnswerRefused } from './answer-reader.ts';
export * from './context.ts';
export * from './crash-points.ts';
export * from './database.ts';
export { type MovableClock, movableClock, onRealTime, realClock } from './movable-clock.ts';
export { systemClock, systemNetwork, systemRandom } from './system.ts';
export { lookUpProvider } from './system-names.ts';
export { AddressRefused } from './system-post.ts';
