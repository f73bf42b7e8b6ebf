export { ANSWER_KEPT_MS, createAnswers } from './answers.ts';
export { verifyAnswers } from './verify-answers.ts';
