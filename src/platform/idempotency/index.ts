export { ANSWER_KEPT_MS, createAnswers } from './answers.ts';
