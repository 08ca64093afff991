import {beforeAll, describe, expect, it} from 'vitest';
import {decodeUtf8, encodeUtf8} from '../../../algorithms/utf8.js';
import type {Attr} from '../../../graph/attrs.js';
import type {Endpoint} from '../../../graph/graph.js';
import {Runtime} from '../../../runtime/runtime.js';
import {endpoint, graphOf, libraryOf, type NodeSpec} from '../../../runtime/testing/graphs.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Value} from '../../../tensors/value.js';
import {useBackend} from '../../testing/op_cases.js';
import {STANDARDIZATION_CHAIN} from './chain.js';

beforeAll(() => useBackend('cpu'));

const text = (value: string): Attr => ({type: 'string', value: encodeUtf8(value)});

interface Standardization {
  readonly op?: string;
  readonly encoding?: string;
  readonly pattern?: string;
  readonly rewrite?: string;
  readonly global?: boolean;
}

/** Cases are changed and matches replaced, together or, where both results are asked for, one after the other. */
function standardization({
  op = 'StringLower',
  encoding = '',
  pattern = '[!-/]',
  rewrite = '',
  global = true,
}: Standardization) {
  const nodes: Record<string, NodeSpec> = {
    x: {op: 'Placeholder', attrs: {dtype: {type: 'type', value: 'string'}}},
    cased: {op, inputs: ['x'], attrs: {encoding: text(encoding)}},
    replaced: {
      op: 'StaticRegexReplace',
      inputs: ['cased'],
      attrs: {
        pattern: text(pattern),
        rewrite: text(rewrite),
        replace_global: {type: 'bool', value: global},
      },
    },
  };
  const graph = graphOf(nodes);
  const run = (fetches: readonly string[]) => {
    const runtime = new Runtime({library: libraryOf({})});
    const feeds: Endpoint[] = [endpoint(graph, 'x')];
    const request = {feeds, fetches: fetches.map((each) => endpoint(graph, each)), targets: []};
    const input = stringValue([2, 2], ['Größe, K. !Ab', '', 'no match', 'A\u0000B--C\u00e9'].map(encodeUtf8));
    const results = runtime.prepare(graph, request).run([input]);
    return results.map((value: Value) => ({
      shape: value.shape,
      texts: value.strings().toArray().map(decodeUtf8),
    }));
  };
  return {together: () => run(['replaced'])[0]!, apart: () => run(['replaced', 'cased'])[0]!, graph};
}

describe('cases and bytes', () => {
  it.each<[Standardization, string[]]>([
    [{}, ['größe k ab', '', 'no match', 'a\u0000bc\u00e9']],
    [{op: 'StringUpper'}, ['GRößE K AB', '', 'NO MATCH', 'A\u0000BC\u00e9']],
    [{pattern: '[a-c]+', rewrite: '_'}, ['größe, k. !_', '', 'no m_t_h', '_\u0000_--_\u00e9']],
    [{pattern: '[A-C]', rewrite: '_'}, ['größe, k. !ab', '', 'no match', 'a\u0000b--c\u00e9']],
    [
      {op: 'StringUpper', pattern: '[A-C]', rewrite: 'x'},
      ['GRößE, K. !xx', '', 'NO MxTxH', 'x\u0000x--x\u00e9'],
    ],
    // Not byte by byte.
    [{pattern: '(a)b', rewrite: '\\1'}, ['größe, k. !a', '', 'no match', 'a\u0000b--c\u00e9']],
    // The op reads other encodings up to a NUL.
    [{encoding: 'utf-8', pattern: 'ß', rewrite: ''}, ['gröe, k. !ab', '', 'no match', 'a']],
    [{global: false}, ['größe k. !ab', '', 'no match', 'a\u0000b-c\u00e9']],
  ])('%j', (what, expected) => {
    const {together, apart} = standardization(what);
    expect(together()).toEqual({shape: [2, 2], texts: expected});
    expect(apart()).toEqual(together());
  });

  it('are computed in one pass', () => {
    const {graph} = standardization({});
    const [, letters, replace] = graph.nodes;
    const kernel = STANDARDIZATION_CHAIN.kernel([letters!, replace!], undefined as never);
    const found = kernel([[stringValue([1], [encodeUtf8('A.b')])], []]);
    expect(found!.strings().toArray().map(decodeUtf8)).toEqual(['ab']);
    expect(STANDARDIZATION_CHAIN.begins(letters!)).toBe(true);
  });

  it('a pattern that is none is an error of its node', () => {
    expect(() => standardization({pattern: '('}).together()).toThrowWithMessage(Error, "node 'replaced'");
  });
});
