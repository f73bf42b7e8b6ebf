export { mailPages } from './pages/mail-pages.ts';
export { mailReceiptAgain } from './receipts/mail-receipt-again.ts';
export { receiptHandlers } from './receipts/receipt-handlers.ts';
export { provideMail } from './settings-of.ts';
export { readMailbox, readSmtpUrl } from './smtp/smtp-server.ts';
