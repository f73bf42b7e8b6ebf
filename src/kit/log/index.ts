export { createLog, type LogSettings } from './log.ts';
export { passesLuhn, scrub } from './scrub.ts';
