export { DELIVERY_TIMEOUT_MS, USER_AGENT } from './deliver.ts';
export { provideWebhooks, type WebhookSettings } from './settings-of.ts';
export { signatureHeaders } from './sign.ts';
