/** Byte strings in one array. */

import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../algorithms/utf8.js';
import {CallError} from '../errors.js';
import {joinGroups} from './join_strings.js';
import {concat, putRows, reverse, stridedUnslice, takeRows, tile, transpose} from './movement.js';
import {StringPieces} from './pieces_of_strings.js';
import {overOneArray, PackedStrings, StringsBuilder} from './strings.js';
import type {HostTensor} from './tensor.js';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const texts = (strings: PackedStrings) => strings.toArray().map(text);
const packed = (...strings: string[]) => PackedStrings.ofTexts(strings);

describe('packed strings', () => {
  it.each([
    ['ASCII', ['one', '', 'three']],
    ['of two and three bytes a unit', ['ä', 'aäxя', '', '漢字', 'z']],
    ['pairs of surrogates', ['😀', 'a😀b', '👩‍👩‍👧‍👦']],
    ['more than their units', ['漢'.repeat(100), 'a', '漢'.repeat(50)]],
    ['long after short', ['a'.repeat(1000), 'ä'.repeat(1000), '漢'.repeat(1000)]],
    ['none', []],
  ])('are the UTF-8 of texts: %s', (_, strings) => {
    expect(PackedStrings.ofTexts(strings).toArray()).toEqual(strings.map(encodeUtf8));
  });

  it('have U+FFFD for lone surrogates, and do not join those of neighbours', () => {
    expect(texts(packed('a\ud83d', '\ude00b', '\ud83d'))).toEqual(['a\ufffd', '\ufffdb', '\ufffd']);
  });

  it('hold any bytes', () => {
    const strings = [Uint8Array.of(0, 255, 0), new Uint8Array(), Uint8Array.of(0xc3)];
    expect([...PackedStrings.of(strings)]).toEqual(strings);
    expect(PackedStrings.of(strings).totalBytes).toBe(4);
  });

  it('share their bytes when they are cut out and taken', () => {
    const strings = packed('a', 'bc', 'def');
    const taken = strings.take(Int32Array.of(2, -1, 0, 2));
    expect(texts(taken)).toEqual(['def', '', 'a', 'def']);
    expect(taken.bytes).toBe(strings.bytes);
    expect(texts(strings.slice(1))).toEqual(['bc', 'def']);
    expect([taken.totalBytes, taken.length]).toEqual([7, 4]);
  });

  it('compare byte by byte', () => {
    const [a, b] = [packed('ab', 'abc', 'b', ''), packed('abc', 'ä')];
    expect(a.equalAt(1, b, 0)).toBe(true);
    expect(a.equalAt(0, b, 0)).toBe(false);
    expect(Math.sign(a.compareAt(0, b, 0))).toBe(-1);
    expect(Math.sign(a.compareAt(2, b, 1))).toBe(-1);
    expect(Math.sign(b.compareAt(0, a, 3))).toBe(1);
  });

  it('take no more bytes with them than lie between them', () => {
    const all = packed('x'.repeat(1000), 'abc', 'def', 'y'.repeat(1000));
    const compact = all.slice(1, 3).compact();
    expect(compact.bytes.length).toBe(6);
    expect(texts(compact)).toEqual(['abc', 'def']);
    const apart = all.take(Int32Array.of(1, 2, 1)).compact();
    expect(texts(apart)).toEqual(['abc', 'def', 'abc']);
    const few = packed('a', 'x'.repeat(1000), 'b').take(Int32Array.of(0, 2)).compact();
    expect([few.bytes.length, texts(few)]).toEqual([2, ['a', 'b']]);
  });

  it('come to lie over one array, whatever they lay over', () => {
    const dense = packed('abc', 'def').take(Int32Array.of(1, 0));
    const sparse = packed('x'.repeat(1000), 'small', 'y'.repeat(1000), '').take(Int32Array.of(1, 3));
    const [first, second, none] = overOneArray([dense, sparse, PackedStrings.empty(0)]);
    expect(first!.bytes).toBe(second!.bytes);
    expect(first!.bytes.length).toBe(11);
    expect([texts(first!), texts(second!), texts(none!)]).toEqual([['def', 'abc'], ['small', ''], []]);
    const shared = [dense, dense.slice(1)];
    expect(overOneArray(shared)).toBe(shared);
  });
});

describe('strings that are built', () => {
  it('grow with what is appended', () => {
    const out = new StringsBuilder(0, 0);
    for (let i = 0; i < 100; i++) {
      out.append(encodeUtf8(`${i} is `));
      out.push(65 + (i % 26));
      out.pushCodePoint(0x1f600);
      out.pushCodePoint(0xe4);
      out.pushCodePoint(0x6f22);
      out.pushCodePoint(0x41);
      out.appendText(i % 2 ? 'ö'.repeat(i) : 'o'.repeat(i));
      out.end();
    }
    const strings = texts(out.strings());
    expect(strings).toHaveLength(100);
    expect(strings[37]).toBe(`37 is L😀ä漢A${'ö'.repeat(37)}`);
    expect(strings[98]).toBe(`98 is U😀ä漢A${'o'.repeat(98)}`);
  });

  it('refuse more bytes than places can name', () => {
    expect(() => new StringsBuilder(1, 2 ** 31)).toThrowWithMessage(
      CallError,
      'holds at most 2147483647 bytes',
    );
  });

  it('are joined group by group, in their order', () => {
    const strings = packed('a', 'b', 'c', 'd', 'e');
    const joined = joinGroups(strings, Int32Array.of(2, 0, 2, -1, 0), 3, encodeUtf8(', '));
    expect(texts(joined)).toEqual(['b, e', '', 'a, c']);
    const empty = joinGroups(packed('', 'a', '', 'b'), new Int32Array(4), 1, encodeUtf8('|'));
    expect(texts(empty)).toEqual(['a||b']);
  });
});

it('pieces are places in rows', () => {
  const bytes = encodeUtf8('one two  three');
  const pieces = new StringPieces(3, 0);
  pieces.add(0, 3);
  pieces.add(4, 7);
  expect(pieces.count).toBe(2);
  pieces.endRow();
  pieces.endRow();
  pieces.add(9, 14);
  pieces.endRow();
  expect(texts(pieces.of(bytes))).toEqual(['one', 'two', 'three']);
  expect([...pieces.splits]).toEqual([0, 2, 2, 3]);
});

describe('a tensor of strings', () => {
  const matrix: HostTensor = {dtype: 'string', shape: [2, 3], data: packed('a', 'b', 'c', 'd', 'e', 'f')};
  const other: HostTensor = {dtype: 'string', shape: [2, 1], data: packed('x', 'y')};
  const rows = ({shape, data}: HostTensor) => [shape, texts(data as PackedStrings).join('|')];

  it.each([
    ['transposed', () => transpose(matrix, [1, 0]), [3, 2], 'a|d|b|e|c|f'],
    ['reversed', () => reverse(matrix, [false, true]), [2, 3], 'c|b|a|f|e|d'],
    ['joined to another', () => concat([matrix, other], 1, [2, 4]), [2, 4], 'a|b|c|x|d|e|f|y'],
    ['repeated', () => tile(matrix, [1, 2]), [2, 6], 'a|b|c|a|b|c|d|e|f|d|e|f'],
    ['padded', () => stridedUnslice(other, [3, 2], [1, 1]), [3, 2], '|||x||y'],
    [
      'padded with a string',
      () => stridedUnslice(other, [2, 2], [0, 1], undefined, {...other, shape: [], data: packed('-')}),
      [2, 2],
      '-|x|-|y',
    ],
    [
      'put in rows',
      () =>
        putRows(
          {...other, shape: [4, 1], data: packed('w', 'x', 'y', 'z')},
          1,
          {lengths: [3, 1], places: Int32Array.of(1, -1), most: 2},
          [4, 1],
          {...other, shape: [1], data: packed('-')},
        ),
      [4, 1],
      '-|w|x|-',
    ],
    ['taken by rows', () => takeRows(matrix, 3, Int32Array.of(1, -1, 1), [3, 3]), [3, 3], 'd|e|f||||d|e|f'],
  ] as const)('is %s', (_, move, shape, content) => {
    expect(rows(move())).toEqual([shape, content]);
  });
});
