export { USER_AGENT } from './deliver.ts';
export { provideWebhooks, type WebhookSettings } from './settings-of.ts';
export { signatureHeaders } from './sign.ts';
