import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTheme, contrast, type FontName, type Theme } from './index.ts';
import { themeStyle } from './theme.ts';

const none: Theme = {
  accent: null,
  background: null,
  radius: null,
  font: null,
  logo: null,
  icon: null,
};

describe('a theme', () => {
  test('is measured as WCAG measures it', () => {
    assert.equal(Math.round(contrast('#000000', '#ffffff')), 21);
    assert.equal(contrast('#777777', '#777777'), 1);
    // The two greys on either side of 4.5 on white.
    assert.ok(contrast('#767676', '#ffffff') >= 4.5);
    assert.ok(contrast('#777777', '#ffffff') < 4.5);
  });

  for (const [what, theme, refused] of [
    ['nothing', {}, []],
    ['a dark accent', { accent: '#0a5c36' }, []],
    ['an accent that cannot be read on white', { accent: '#777777' }, ['accent contrast']],
    ['a yellow one', { accent: '#ffd400' }, ['accent contrast']],
    ['a word for a colour', { accent: 'red' }, ['accent malformed']],
    ['more than a colour', { accent: '#000000}body{display:none' }, ['accent malformed']],
    ['a light ground', { background: '#fff7ec' }, []],
    ['a ground that text is lost on', { background: '#333333' }, ['background contrast']],
    ['corners', { radius: 24 }, []],
    ['corners without end', { radius: 25 }, ['radius malformed']],
    ['a picture from elsewhere', { logo: 'https://x.example/logo.png' }, ['logo malformed']],
    ['a picture of ours', { logo: 'data:image/png;base64,iVBORw0KGgo=' }, []],
    ['a font from elsewhere', { font: 'Comic Sans' as FontName }, ['font malformed']],
    ['a heavy icon', { icon: `data:image/png;base64,${'A'.repeat(8_000)}` }, ['icon size']],
    ['a heavy one', { logo: `data:image/png;base64,${'A'.repeat(20_000)}` }, ['logo size']],
  ] as const) {
    test(`with ${what} is ${refused.length === 0 ? 'taken' : 'refused'}`, () => {
      const found = checkTheme({ ...none, ...theme }).map(({ field, why }) => `${field} ${why}`);
      assert.deepEqual(found, refused);
    });
  }

  test('that is refused is not written into the page either', () => {
    assert.equal(themeStyle({ ...none, accent: '#ffd400' }), '');
    assert.match(themeStyle({ ...none, accent: '#0a5c36' }), /--accent:light-dark\(#0a5c36,#/);
  });

  test('keeps what is written on the button readable, in the light and in the dark', () => {
    for (const accent of ['#0a5c36', '#7a1fa2', '#b3202a', '#000000', '#0047ab']) {
      const style = themeStyle({ ...none, accent });
      const [, light = '', dark = ''] = /--accent:light-dark\((#\w+),(#\w+)\)/.exec(style) ?? [];
      const [, onLight = '', onDark = ''] =
        /--on-accent:light-dark\((#\w+),(#\w+)\)/.exec(style) ?? [];
      assert.ok(contrast(light, onLight) >= 4.5, accent);
      assert.ok(contrast(dark, onDark) >= 4.5, accent);
      assert.ok(contrast(dark, '#171c25') >= 4.5, accent);
    }
  });
});
