export { ANSWER_KEPT_MS, answersToLost, createAnswers } from './answers.ts';
export { verifyAnswers, verifyKeys } from './verify-answers.ts';
