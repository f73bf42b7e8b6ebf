export { holderOf, lockFolder } from './folder-lock.ts';
export { prepareDataFolder } from './home.ts';
export { runningOwnerUrl } from './owner-url.ts';
export { explainFileError, StartError } from './start-error.ts';
export { type RunningPostgres, startPostgres } from './start-postgres.ts';
