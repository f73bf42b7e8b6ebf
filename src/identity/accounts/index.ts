export { findAccount, listAccounts, newAccount } from './accounts.store.ts';
