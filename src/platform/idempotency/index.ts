export { ANSWER_KEPT_MS, createAnswers, type Holders } from './answers.ts';
export { verifyAnswers, verifyKeys } from './verify-answers.ts';
