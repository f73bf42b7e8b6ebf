import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment, parseMoment } from './moment.ts';

test('A moment is a day, or a time of one in UTC unless a zone follows, wherever it is said', () => {
  const said = {
    '2026-11-30': '2026-11-30 00:00:00 UTC',
    '2028-02-29': '2028-02-29 00:00:00 UTC',
    '2026-11-30T16:00': '2026-11-30 16:00:00 UTC',
    '2026-11-30 16:00': '2026-11-30 16:00:00 UTC',
    '2026-11-30T16:00:30': '2026-11-30 16:00:30 UTC',
    '2026-11-30 16:00:30Z': '2026-11-30 16:00:30 UTC',
    '2026-11-30T16:00+01:00': '2026-11-30 15:00:00 UTC',
    '2026-11-30 16:00:30 -0530': '2026-11-30 21:30:30 UTC',
    '2026-12-01T00:30+01:00': '2026-11-30 23:30:00 UTC',
    '2026-11-30T16:00:30.999Z': '2026-11-30 16:00:30 UTC',
    // As it is printed.
    '2026-11-30 16:00:30 UTC': '2026-11-30 16:00:30 UTC',
  };
  const zone = process.env['TZ'];
  for (const desk of ['UTC', 'Asia/Tokyo', 'America/New_York']) {
    process.env['TZ'] = desk;
    for (const [text, meant] of Object.entries(said)) {
      assert.equal(moment(parseMoment(text)), meant, `${text} in ${desk}`);
    }
  }
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

test('What is no moment is refused with the forms that are taken, and never taken for another', () => {
  const refused = [
    '2026-11-31',
    '2026-02-30',
    '2026-02-29T08:00',
    '2026-13-01',
    '2026-11-00',
    '2026-11-30T24:00',
    '2026-11-30T16:60',
    '2026-11-30T16:00:60',
    '2026-11-30T16:00+15:00',
    '2026-11-30T16:00+01:60',
    '2026-11-30 (x)',
    '2026-11-30Z',
    '2026-11-30 16',
    '2026-11-30 16:00 CET',
    '2026-11-30 4:00 pm',
    '30.11.2026',
    'tomorrow',
    '',
  ];
  for (const text of refused) {
    assert.throws(() => parseMoment(text), /2027-01-31T08:00 or .*2027-01-31T08:00\+01:00/, text);
  }
});
