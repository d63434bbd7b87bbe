import { describe, expect, it } from 'vitest';
import { createPasswordStrength } from '../../src/passwords/strength.ts';

const strength = createPasswordStrength({ words: ['gate.host.example'] });

describe('the strength of a new password', () => {
  it.each<[string, RegExp]>([
    ['12345678', /most used/],
    ['password1', /data breaches/],
    ['Password123!', /close to a password/],
    ['P@ssw0rd2026', /easy to guess|data breaches/],
    ['aaaaaaaaaaaa', /Repeated characters/],
    ['abcdefgh', /easy to guess|data breaches/],
    ['iloveyou2', /data breaches/],
    ['gaia1234', /your name|name of the site/i],
    ['Anna.Bauer1', /your name/i],
    ['x'.repeat(256), /Repeated/],
    ['Summer2026!', /word with a year/],
    ['Sommer2026!', /word with a year/],
    ['!2026Summer', /word with a year/],
    ['S0mm3r-2026', /word with a year/],
    ['remmuS2026!', /word with a year/],
    ['Winter2025/26', /word with a year/],
    ['SummerWinter2026!', /word with a year/],
    ['Montag2024?', /word with a year/],
    ['Printemps#2026', /word with a year/],
    ['Company123!', /word with a year|close to a password/],
    ['Welcome2026!', /word with a year/],
    ['Elephant42!', /word with a year|close to a password/],
    ['Journal2026!', /name of the site/],
    ['alpine-journal-1', /name of the site/],
    ['Alpine.Example.2026', /name of the site/],
    ['Gaia.Test2026', /your address/],
    ['Gate2026!host', /name of the site/],
  ])('%s is too little', async (password, why) => {
    const site = ['The Alpine Journal', 'alpine.example'];
    const message = await strength.weakness(password, ['anna.bauer@gaia.test', 'anna', 'Anna Bauer', 'Gaia', ...site]);
    expect(message).toMatch(why);
    expect(message).toMatch(/Take a longer one/);
  });

  it.each([
    'correct horse battery',
    'x7Kq9vB2mm',
    'vier leise lila Laternen',
    'пароль-от-дачи-2026',
    'Anna likes turnips',
    // One word is no fault where enough beside it is not to be expected.
    'Summer sky over Oslo',
    'Turnip-Ladder-88',
    'monday-x7Kq9vB2',
    'Herbstlaub 42 Kanu',
    '7q3$tom8-29#1',
    '40917-88203-51764',
    'BlueElephant-Sofa',
    '夏天的雨落在旧屋顶上',
  ])('%s is enough', async (password) => {
    expect(await strength.weakness(password, ['anna@gaia.test', null, undefined, ''])).toBeUndefined();
  });

  it('of a long password is found quickly', async () => {
    await strength.weakness('warm', []);
    const long = Array.from({ length: 256 }, (_, index) => String.fromCharCode(33 + ((index * 37) % 90))).join('');
    const before = process.cpuUsage();
    expect(await strength.weakness(long, [])).toBeUndefined();
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });

  it('is refused with a message for the form', async () => {
    await expect(strength.require('password1', [])).rejects.toMatchObject({
      code: 'password_too_weak',
      statusCode: 400,
      errors: [{ path: '/body/password' }],
    });
  });
});
