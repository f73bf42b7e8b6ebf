export { ANSWER_BYTES_MAX, DELIVERY_TIMEOUT_MS, USER_AGENT } from './deliver.ts';
export { provideWebhooks } from './settings-of.ts';
export { signatureHeaders } from './sign.ts';
