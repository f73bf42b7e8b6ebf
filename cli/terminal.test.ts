import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { inColumns, paintFor } from './terminal.ts';

describe('output', () => {
  test('is painted on a terminal only', () => {
    const painted = paintFor({ isTTY: true }, {}).bold('ready');
    assert.notEqual(painted, 'ready');
    assert.equal(stripVTControlCharacters(painted), 'ready');
    assert.equal(paintFor({ isTTY: false }, {}).bold('ready'), 'ready');
    assert.equal(paintFor({ isTTY: true }, { NO_COLOR: '1' }).bold('ready'), 'ready');
    assert.equal(paintFor({ isTTY: true }, { TERM: 'dumb' }).dim('ready'), 'ready');
  });

  test('stands in columns', () => {
    const plain = paintFor({ isTTY: false });
    const rows = [
      ['API', 'http://x'],
      ['Secret key', 'sk'],
    ] as const;
    assert.deepEqual(inColumns(rows, plain), ['API         http://x', 'Secret key  sk']);
  });
});
