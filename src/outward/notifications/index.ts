export { mailPages } from './pages/mail-pages.ts';
export { receiptUrlOf } from './receipts/receipt-address.ts';
export { provideMail } from './settings-of.ts';
export { readMailbox, readSmtpUrl } from './smtp/smtp-server.ts';
