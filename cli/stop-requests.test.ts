import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenForStop } from './stop-requests.ts';

describe('being told to stop', () => {
  test('counts signals that come together as one, and hurries at the second', async () => {
    const requests = listenForStop();
    process.kill(process.pid, 'SIGINT');
    process.kill(process.pid, 'SIGTERM');
    await sleep(100);
    assert.equal(requests.stop.aborted, true);
    assert.equal(requests.hurry.aborted, false);

    await sleep(600);
    process.kill(process.pid, 'SIGINT');
    await sleep(100);
    assert.equal(requests.hurry.aborted, true);
    requests.close();
  });
});
