import { describe, expect, it } from 'vitest';
import { createPasswordStrength } from '../../src/passwords/strength.ts';

const strength = createPasswordStrength();

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
  ])('%s is too little', async (password, why) => {
    const message = await strength.weakness(password, ['anna.bauer@gaia.test', 'anna', 'Anna Bauer', 'Gaia']);
    expect(message).toMatch(why);
    expect(message).toMatch(/Take a longer one/);
  });

  it.each([
    'correct horse battery',
    'x7Kq9vB2mm',
    'vier leise lila Laternen',
    'пароль-от-дачи-2026',
    'Anna likes turnips',
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
