// Of two who asked for something of one payment in the same moment: pure, by what the model says of each alone.

import {
  type Answer,
  canceled,
  type Doing,
  done,
  failed,
  matching,
  type Outcome,
  type Story,
  spell,
  underWay,
  unique,
} from './model.ts';

/** One who asked, and what was answered. */
type AtOnce = {
  readonly answer: Answer;
  readonly of: (story: Story) => readonly Outcome[];
  readonly doing: (story: Story) => Doing | null;
};

const isBusy = ({ body }: Answer): boolean => body?.error?.code === 'lock_timeout';

const afterOne = (stories: readonly Story[], { answer, of }: AtOnce): readonly Story[] =>
  isBusy(answer) ? stories : stories.flatMap((story) => matching(answer, of(story)));

/** What is asked while the other is under way changes nothing, but that a payment is not wanted any more. */
const meanwhile = (story: Story, first: AtOnce, second: AtOnce): readonly Story[] => {
  const doing = first.doing(story);
  if (doing === null) return [];
  const during = underWay(story, doing);
  const left = afterOne([during], second);
  const isUntouched = left.some((each) => spell(each) === spell(during));
  const unwanted = left.filter(
    (each) => each.doing?.what === 'payment' && each.doing.isCancelWanted,
  );
  return [
    ...(isUntouched ? afterOne([story], first) : []),
    // It is told what is known then: that nobody knows yet, that it is canceled, or that it failed before.
    ...unwanted.flatMap((each) =>
      matching(first.answer, [
        done(each),
        done(canceled(each)),
        { http: 402, story: canceled(failed(each)) },
      ]),
    ),
  ];
};

/** Of two who asked in the same moment one came first, or while the other was under way. */
export const eitherOrder = (
  stories: readonly Story[],
  [one, other]: readonly [AtOnce, AtOnce],
  drift: (stories: readonly Story[]) => readonly Story[],
): readonly Story[] => {
  const inOrder = (first: AtOnce, second: AtOnce): readonly Story[] => [
    ...afterOne(drift(afterOne(stories, first)), second),
    ...stories.flatMap((story) => meanwhile(story, first, second)),
  ];
  return unique([...inOrder(one, other), ...inOrder(other, one)]);
};
