export { type Account, findAccount, listAccounts, newAccount } from './accounts.store.ts';
