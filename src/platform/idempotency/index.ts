export { ANSWER_KEPT_MS, answersToLost, createAnswers, type Holders } from './answers.ts';
export { verifyAnswers, verifyKeys } from './verify-answers.ts';
