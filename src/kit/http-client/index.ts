export { NotSent } from './not-sent.ts';
