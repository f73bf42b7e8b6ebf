import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { inColumns, paintFor, showWaiting } from './terminal.ts';

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

  test('waits with one line on a terminal, which is gone afterwards, and with none elsewhere', () => {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    showWaiting({ isTTY: false, write }, 'Starting')();
    assert.equal(written, '');

    const done = showWaiting({ isTTY: true, write }, 'Starting');
    assert.match(written, /Starting …$/);
    done();
    assert.ok(written.endsWith('\r\x1b[2K'));
    const before = written;
    done();
    assert.equal(written, before);
  });

  test('says what is being done, and never more than a line of it', () => {
    const lines: string[] = [];
    const write = (text: string) => void lines.push(text.replace('\r\x1b[2K', ''));
    showWaiting({ isTTY: true, columns: 30, write }, () => 'a question of which the end is far')();
    assert.match(lines[0] ?? '', /a question of which the …$/);
    assert.equal(lines[0]?.length, 29);
  });
});
