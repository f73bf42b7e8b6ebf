import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenForStop } from './stop-requests.ts';

describe('being told to stop', () => {
  test('counts signals that come together as one, and hurries at the second', async () => {
    const requests = listenForStop();
    const [stopped, hurried] = [once(requests.stop, 'abort'), once(requests.hurry, 'abort')];
    process.kill(process.pid, 'SIGINT');
    process.kill(process.pid, 'SIGTERM');
    await stopped;
    assert.equal(requests.hurry.aborted, false);

    await sleep(600);
    process.kill(process.pid, 'SIGINT');
    await hurried;
    requests.close();
  });
});
