export { createLog } from './log.ts';
export { passesLuhn } from './scrub.ts';
