import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings, SettingsError } from './config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readSettings(env);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
};

test('without any setting the defaults hold', () => {
  const settings = readSettings({});
  assert.equal(settings.port, 4242);
  assert.equal(settings.liveMode, false);
});

test('a misspelt setting is refused by name, with the one that was meant', () => {
  assert.deepEqual(problemsOf({ TOLLGATE_DTA: '/x' }), [
    'TOLLGATE_DTA is not a setting of Tollgate; did you mean TOLLGATE_DATA?',
  ]);
  assert.match(problemsOf({ TOLLGATE_SOMETHING_ELSE: '1' })[0] ?? '', /doctor` lists/);
});

test('a bad value is refused by name, with what it may be', () => {
  for (const [env, value, why] of [
    ['PORT', '70000', 'must be a whole number from 0 to 65535, and is "70000"'],
    ['PORT', '4242x', 'must be a whole number'],
    ['TOLLGATE_LIVE', 'perhaps', 'must be on or off'],
    ['TOLLGATE_LOG_LEVEL', 'loud', 'must be one of debug, info, warn, error'],
    ['TOLLGATE_PUBLIC_URL', 'pay.example.com', 'must be like https://pay.example.com'],
    ['TOLLGATE_SECRET', 'short', 'must be 64 hexadecimal digits'],
  ] as const) {
    const [problem = ''] = problemsOf({ [env]: value });
    assert.ok(problem.startsWith(`${env} ${why}`), problem);
  }
});

test('all wrong settings are told at once', () => {
  assert.equal(problemsOf({ PORT: 'x', TOLLGATE_LIVE: 'x', TOLLGATE_X: 'x' }).length, 3);
});

test('a secret is never repeated in what is said about it', () => {
  assert.doesNotMatch(problemsOf({ TOLLGATE_SECRET: 'abc-my-secret' }).join(), /my-secret/);
});
