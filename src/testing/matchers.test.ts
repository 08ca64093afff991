import {expect, it} from 'vitest';

class OneError extends Error {}
class OtherError extends Error {}

const fail = (): never => {
  throw new OneError('it is too long');
};

it('tells errors by their class and their words', async () => {
  expect(fail).toThrowWithMessage(OneError, /too long$/);
  expect(fail).toThrowWithMessage(Error, 'too');
  expect(fail).not.toThrowWithMessage(OtherError, 'too');
  expect(fail).not.toThrowWithMessage(OneError, 'short');
  expect(() => 0).not.toThrowWithMessage(OneError, '');
  await expect(Promise.reject(new OneError('lost'))).rejects.toThrowWithMessage(OneError, 'lost');
});

it('says what was thrown instead', () => {
  const claim = () => expect(fail).toThrowWithMessage(OtherError, /short/);
  expect(claim).toThrowWithMessage(
    Error,
    'expected an error of OtherError that says /short/, thrown was Error: it is too long',
  );
});
