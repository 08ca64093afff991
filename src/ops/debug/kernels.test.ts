import {afterEach, describe, expect, it} from 'vitest';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {CallError} from '../../errors.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {runKernel} from '../testing/op_cases.js';
import {debug, setLog} from './kernels.js';

type Attrs = Parameters<typeof runKernel>[0]['attrs'];

function run(op: string, attrs: Record<string, {type: string; value: unknown}>, ...inputs: Value[]): Value[] {
  return runKernel({op, attrs: attrs as unknown as Attrs}, debug, inputs);
}

const int = (value: number) => ({type: 'int', value: String(value)});
const text = (value: string) => ({type: 'string', value: btoa(value)});
const string = (value: string): Value => stringValue([], [encodeUtf8(value)]);
const vector = Value.vector('int64', [1, 2, 3, 4]);

describe('Assert', () => {
  it('passes when the condition holds', () => {
    expect(run('Assert', {summarize: int(3)}, Value.scalar('bool', true), string('never shown'))).toEqual([]);
  });

  it('fails with its data', () => {
    const fail = () => run('Assert', {summarize: int(3)}, Value.scalar('bool', false), string('x ='), vector);
    expect(fail).toThrowWithMessage(CallError, "assertion failed: [x =] [[1 2 3...]] (node 'test')");
  });
});

describe('printing', () => {
  const lines: string[] = [];
  afterEach(() => {
    setLog();
    lines.length = 0;
  });

  it('passes its input on and prints the first times only', () => {
    setLog((line) => lines.push(line));
    const attrs = {message: text('now '), first_n: int(1), summarize: int(-1)};
    let memo: unknown;
    const context = {
      attrs: {
        int: (name: 'first_n' | 'summarize') => Number(attrs[name].value),
        string: () => 'now ',
      },
      memo: <T>(create: () => T): T => (memo ??= create()) as T,
    };
    for (let i = 0; i < 3; i++) {
      expect(debug.Print!.kernel([vector, vector, Value.scalar('bool', true)], context as never)).toBe(
        vector,
      );
    }
    expect(lines).toEqual(['now [[1 2 3 4]][true]']);
  });

  it('prints a line of text', () => {
    setLog((line) => lines.push(line));
    run('PrintV2', {output_stream: text('stdout'), end: text('\n')}, string('hello'));
    expect(lines).toEqual(['hello']);
  });
});

describe('summaries', () => {
  it('are empty', () => {
    const [summary] = run('ScalarSummary', {}, string('loss'), Value.scalar('float32', 1));
    expect(summary!.shape).toEqual([]);
    expect(summary!.strings().toArray()).toEqual([new Uint8Array(0)]);
    expect(run('WriteScalarSummary', {}, Value.scalar('int64', 1))).toEqual([]);
  });
});
