import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOutcome } from '../../src/lib/answer.ts';

test('a predicted number is right in decimal, in hexadecimal and with separators', () => {
  for (const given of ['792609', ' 792,609 ', '792_609', '0xC1821', '0x000c_1821']) {
    assert.deepEqual(answerOutcome('number', given, '792609'), { right: true, text: 'Right.' }, given);
  }
});

test('a number of 64 bits is compared exactly', () => {
  assert.equal(answerOutcome('number', '0xffffffff80000001', '18446744071562067968').right, false);
  assert.equal(answerOutcome('number', '0xffffffff80000000', '18446744071562067968').right, true);
});

test('a wrong number says in which direction the right one lies', () => {
  assert.match(answerOutcome('number', '5', '6').text, /more/);
  assert.match(answerOutcome('number', '7', '6').text, /less/);
});

test('an answer that is missing or unreadable is asked for again, by name', () => {
  assert.match(answerOutcome('number', '', '6').text, /Type a number/);
  assert.match(answerOutcome('number', 'six', '6').text, /“six” is not a number/);
  assert.match(answerOutcome('choice', '', '1').text, /Choose one/);
});

test('a choice is compared by its index', () => {
  assert.equal(answerOutcome('choice', '1', '1').right, true);
  assert.equal(answerOutcome('choice', '0', '1').right, false);
});
