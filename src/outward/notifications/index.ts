export { mailPages } from './pages/mail-pages.ts';
export { receiptHandlers } from './receipts/receipt-handlers.ts';
export { provideMail } from './settings-of.ts';
export { readMailbox, readSmtpUrl } from './smtp/smtp-server.ts';
