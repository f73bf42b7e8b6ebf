export {
  apiVersionOf,
  findAccount,
  listAccounts,
  newAccount,
  setApiVersion,
} from './accounts.store.ts';
