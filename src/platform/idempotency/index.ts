export { ANSWER_KEPT_MS, type Answers, createAnswers, type Recalled } from './answers.ts';
