export { ANSWER_KEPT_MS, createAnswers, type Holders } from './answers.ts';
export { verifyAnswers } from './verify-answers.ts';
