export type { HttpRequest, HttpResponse, Limits } from './exchange.ts';
export { NoAnswer } from './no-answer.ts';
export { NotSent } from './not-sent.ts';
export { NumberText, parseJsonText } from './parse-json.ts';
export { sendOnce } from './send-once.ts';
