import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AuthenticationEvent,
  type AuthenticationState,
  authenticationStates,
  isEnded,
  next,
} from './authentication-states.ts';

const events: readonly AuthenticationEvent[] = [
  'ask',
  'challenge',
  'complete',
  'fail',
  'find_impossible',
  'abandon',
  'expire',
];

/** Everything that is not in here has no way. */
const ways: readonly (readonly [AuthenticationState, AuthenticationEvent, AuthenticationState])[] =
  [
    ['created', 'ask', 'asking'],
    ['created', 'find_impossible', 'impossible'],
    ['created', 'abandon', 'abandoned'],
    ['created', 'expire', 'expired'],
    ['asking', 'challenge', 'challenge'],
    ['asking', 'complete', 'completed'],
    ['asking', 'fail', 'failed'],
    ['asking', 'find_impossible', 'impossible'],
    ['asking', 'expire', 'impossible'],
    ['challenge', 'complete', 'completed'],
    ['challenge', 'fail', 'failed'],
    ['challenge', 'find_impossible', 'impossible'],
    ['challenge', 'abandon', 'abandoned'],
    ['challenge', 'expire', 'expired'],
  ];

describe('the states of an authentication', () => {
  const states = Object.keys(authenticationStates) as AuthenticationState[];
  test('have these ways and no others', () => {
    const found = states.flatMap((state) =>
      events.flatMap((event) => {
        const to = next(state, event);
        return to === null ? [] : [[state, event, to]];
      }),
    );
    assert.deepEqual(found, ways);
  });

  test('that are an end are these', () => {
    assert.deepEqual(states.filter(isEnded), [
      'completed',
      'failed',
      'impossible',
      'abandoned',
      'expired',
    ]);
  });

  test('lead to a proof only from a question that was asked', () => {
    for (const state of states) {
      const isAsked = state === 'asking' || state === 'challenge';
      assert.equal(next(state, 'complete') !== null, isAsked, state);
    }
  });
});
