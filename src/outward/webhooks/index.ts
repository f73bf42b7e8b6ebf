export { provideWebhooks, type WebhookSettings } from './settings-of.ts';
export { signatureHeaders } from './sign.ts';
