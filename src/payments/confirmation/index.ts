export type { ConfirmationToken } from './confirmation-token.ts';
export { type TakenToken, takeConfirmationToken } from './take-token.ts';
