import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError, FormatError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import type {DType} from '../host/dtypes.js';
import {elementAt} from '../host/tensor.js';
import {Variable} from '../ops/variable/variable.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {Runtime, type RuntimeOptions} from './runtime.js';
import {endpoint, type FunctionSpec, graphOf, libraryOf} from './testing/graphs.js';

beforeAll(quietCpuBackend);
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

const scalar = (x: number) => Value.scalar('float32', x);
const isType = (value: DType): Attr => ({type: 'type', value});
const FLOAT: Readonly<Record<string, Attr>> = {T: isType('float32')};

/** Attributes of a node that calls a function with floats. */
const calling = (name: string, inputs: number, outputs: number): Readonly<Record<string, Attr>> => {
  const floats = (n: number): Attr => ({
    type: 'list',
    value: Array.from({length: n}, () => isType('float32')),
  });
  return {f: {type: 'func', value: {name, attrs: new Map()}}, Tin: floats(inputs), Tout: floats(outputs)};
};

function runtimeOf(
  functions: Readonly<Record<string, FunctionSpec>>,
  options: Omit<RuntimeOptions, 'library'> = {},
): Runtime {
  return new Runtime({library: libraryOf(functions), ...options});
}

/** Calls a function for its numbers. */
function call(runtime: Runtime, name: string, ...args: Value[]): number[] {
  return runtime.invoke(runtime.function(name), args, (results) => ({
    result: results.map((each) => each.number()),
    tensors: [],
  }));
}

/** `x -> -x`. */
const NEGATE: FunctionSpec = {
  parameters: {x: 'float32'},
  nodes: {y: {op: 'Neg', inputs: ['x'], attrs: FLOAT}},
  results: ['y'],
};

const variable = (x: number): Variable => {
  const made = new Variable({name: 'v', dtype: 'float32', shape: [], trainable: false});
  made.assign(scalar(x));
  return made;
};

describe('functions', () => {
  it('run by name, and call each other', () => {
    const runtime = runtimeOf({
      negate: NEGATE,
      twice: {
        parameters: {x: 'float32'},
        nodes: {
          once: {op: 'PartitionedCall', inputs: ['x'], attrs: calling('negate', 1, 1)},
          // Old graphs have the name of the function as the op.
          again: {op: 'negate', inputs: ['once']},
        },
        results: ['once', 'again'],
      },
    });
    expect(call(runtime, 'negate', scalar(3))).toEqual([-3]);
    expect(call(runtime, 'twice', scalar(3))).toEqual([-3, 3]);
    expect(runtime.function('negate')).toBe(runtime.function('negate'));
  });

  it('that the model has not are an error', () => {
    const runtime = runtimeOf({});
    expect(() => runtime.function('f')).toThrow(FormatError);
    expect(() => runtime.function('f')).toThrowWithMessage(FormatError, "the model has no function 'f'");
  });

  it('that call themselves without end are an error, and others run afterwards', () => {
    const runtime = runtimeOf({
      negate: NEGATE,
      forever: {
        parameters: {x: 'float32'},
        nodes: {y: {op: 'PartitionedCall', inputs: ['x'], attrs: calling('forever', 1, 1)}},
        results: ['y'],
      },
    });
    for (let i = 0; i < 2; i++) {
      expect(() => call(runtime, 'forever', scalar(1))).toThrow(CallError);
      expect(() => call(runtime, 'forever', scalar(1))).toThrowWithMessage(
        CallError,
        /more than 400 deep \(at 'forever'\)/,
      );
    }
    expect(call(runtime, 'negate', scalar(3))).toEqual([-3]);
  });

  it('may call each other 400 deep', () => {
    const depth = (levels: number, op: string): Readonly<Record<string, FunctionSpec>> => ({
      f0: NEGATE,
      ...Object.fromEntries(
        Array.from({length: levels}, (_, i) => [
          `f${i + 1}`,
          {
            parameters: {x: 'float32'},
            nodes: {y: {op, inputs: ['x'], attrs: calling(`f${i}`, 1, 1)}},
            results: ['y'],
          } satisfies FunctionSpec,
        ]),
      ),
    });
    // Where somebody may ask for gradients, calls are calls.
    const onTape = (runtime: Runtime, name: string): number => {
      const value = (x: tf.Tensor): tf.Tensor =>
        runtime.invoke(runtime.function(name), [Value.device(x).pin()], ([y]) => {
          const result = tf.clone(y!.tensor());
          return {result, tensors: [result]};
        });
      return tf.grad(value)(tf.scalar(3)).dataSync()[0]!;
    };
    const runtime = runtimeOf(depth(401, 'PartitionedCall'));
    expect(onTape(runtime, 'f400')).toBe(-1);
    expect(() => onTape(runtime, 'f401')).toThrowWithMessage(CallError, /400 deep/);
    expect(call(runtime, 'f401', scalar(3))).toEqual([-3]);
  });

  it('tell where they failed, from the inside out', () => {
    const runtime = runtimeOf({
      inner: {
        parameters: {x: 'float32'},
        nodes: {
          shape: {op: 'Const', attrs: {dtype: isType('int32'), value: ints(7)}},
          y: {op: 'Reshape', inputs: ['x', 'shape'], attrs: {...FLOAT, Tshape: isType('int32')}},
        },
        results: ['y'],
      },
      outer: {
        parameters: {x: 'float32'},
        nodes: {z: {op: 'PartitionedCall', inputs: ['x'], attrs: calling('inner', 1, 1)}},
        results: ['z'],
      },
    });
    expect(() => call(runtime, 'outer', scalar(1))).toThrowWithMessage(
      CallError,
      /\n {2}at node 'y' \(Reshape\) in function 'inner'\n {2}at node 'z' \(PartitionedCall\) in function 'outer'$/,
    );
  });
  const ints = (...data: number[]): Attr => ({
    type: 'tensor',
    value: {dtype: 'int32', shape: [data.length], data: Int32Array.from(data)},
  });
});

describe('effects', () => {
  const add = (inputs: readonly string[]) => ({
    op: 'AssignAddVariableOp',
    inputs: ['v', 'x', ...inputs],
    attrs: {dtype: isType('float32')},
  });
  const ADDING: FunctionSpec = {
    parameters: {v: 'resource', x: 'float32'},
    nodes: {first: add([]), second: add(['^first'])},
  };
  const valueAfter = (spec: FunctionSpec): number => {
    const v = variable(10);
    const runtime = runtimeOf({f: spec});
    call(runtime, 'f', Value.object('resource', v), scalar(1));
    return elementAt(v.exact().data, 0) as number;
  };

  it('of all stateful nodes happen where a function lists no control results', () => {
    expect(valueAfter(ADDING)).toBe(12);
  });

  it('are those of the control results, and of what these need, where it lists some', () => {
    expect(valueAfter({...ADDING, controlResults: ['first']})).toBe(11);
    expect(valueAfter({...ADDING, controlResults: ['second']})).toBe(12);
  });

  it('are those of a function that is called, whoever reads it', () => {
    const noop = {op: 'NoOp'};
    const called: FunctionSpec = {
      ...ADDING,
      nodes: {...ADDING.nodes, y: {op: 'Identity', inputs: ['x'], attrs: FLOAT}},
      results: ['y'],
      controlResults: ['second'],
    };
    const calls = {op: 'StatefulPartitionedCall', inputs: ['v', 'x'], attrs: calling('called', 2, 1)};
    const outer: FunctionSpec = {
      parameters: {v: 'resource', x: 'float32'},
      nodes: {noop, once: calls, again: {...calls, inputs: ['v', 'once']}},
      results: ['again'],
      controlResults: ['noop'],
    };
    const v = variable(10);
    const runtime = runtimeOf({called, outer});
    expect(call(runtime, 'outer', Value.object('resource', v), scalar(1))).toEqual([1]);
    expect(elementAt(v.exact().data, 0)).toBe(14);
  });

  it('come before what depends on them', () => {
    const read = (controls: readonly string[]): FunctionSpec => ({
      parameters: {v: 'resource', x: 'float32'},
      nodes: {
        read: {
          op: 'ReadVariableOp',
          inputs: ['v', ...controls],
          attrs: {dtype: isType('float32')},
        },
        ...ADDING.nodes,
      },
      results: ['read'],
    });
    const runtime = runtimeOf({after: read(['^second']), between: read(['^first'])});
    const [v, w] = [variable(10), variable(10)].map((each) => Value.object('resource', each));
    expect(call(runtime, 'after', v!, scalar(1))).toEqual([12]);
    // The second one may come before it or after.
    expect([[11], [12]]).toContainEqual(call(runtime, 'between', w!, scalar(1)));
  });
});

describe('parts of a graph', () => {
  it('run from any endpoints to any others', () => {
    const graph = graphOf({
      x: {op: 'Placeholder', attrs: {dtype: isType('float32')}},
      y: {op: 'Neg', inputs: ['x'], attrs: FLOAT},
      z: {op: 'Mul', inputs: ['y', 'x'], attrs: FLOAT},
    });
    const runtime = runtimeOf({});
    const run = (feeds: readonly string[], ...args: Value[]) =>
      runtime.invoke(
        runtime.prepare(graph, {
          feeds: feeds.map((each) => endpoint(graph, each)),
          fetches: [endpoint(graph, 'z')],
          targets: [],
        }),
        args,
        ([z]) => ({result: z!.number(), tensors: []}),
      );
    expect(run(['x'], scalar(3))).toBe(-9);
    expect(run(['x', 'y'], scalar(3), scalar(5))).toBe(15);
  });

  it('share what a node keeps', () => {
    const graph = graphOf({
      table: {
        op: 'HashTableV2',
        attrs: {
          container: {type: 'string', value: new Uint8Array()},
          shared_name: {type: 'string', value: new Uint8Array()},
          use_node_name_sharing: {type: 'bool', value: false},
          key_dtype: isType('int64'),
          value_dtype: isType('int64'),
        },
      },
    });
    const runtime = runtimeOf({});
    const handleOf = () => {
      const request = {feeds: [], fetches: [endpoint(graph, 'table')], targets: []};
      return runtime.invoke(runtime.prepare(graph, request), [], ([handle]) => ({
        result: elementAt(handle!.hostData(), 0),
        tensors: [],
      }));
    };
    expect(handleOf()).toBe(handleOf());
  });
});

describe('a call from outside', () => {
  it('keeps the tensors that the caller gets, and no others', () => {
    const runtime = runtimeOf({negate: NEGATE});
    const before = tf.memory().numTensors;
    const kept = runtime.invoke(runtime.function('negate'), [Value.device(tf.tensor1d([1, 2]))], ([y]) => {
      tf.exp(y!.tensor());
      const tensor = tf.clone(y!.tensor());
      return {result: tensor, tensors: [tensor]};
    });
    expect(Array.from(kept.dataSync())).toEqual([-1, -2]);
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('that fails keeps nothing', () => {
    const runtime = runtimeOf({negate: NEGATE});
    const before = tf.memory().numTensors;
    const fail = () => {
      tf.ones([3]);
      throw new Error('not converted');
    };
    const argument = Value.device(tf.tensor1d([1, 2]));
    expect(() => runtime.invoke(runtime.function('negate'), [argument], fail)).toThrowWithMessage(
      Error,
      'not converted',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('closes what lives as long as it', () => {
    const runtime = runtimeOf({});
    const closed: string[] = [];
    const temporary = (name: string) =>
      runtime.temporary(() => ({kind: 'test', name, close: () => closed.push(name)}));
    const run = (within: () => void) =>
      runtime.invoke(
        {
          run: () => {
            within();
            return [];
          },
        },
        [],
        () => ({result: [...closed], tensors: []}),
      );
    const during = run(() => {
      temporary('outer');
      run(() => temporary('inner'));
    });
    expect([during, closed]).toEqual([['inner'], ['inner', 'outer']]);
    expect(() =>
      run(() => {
        temporary('failed');
        throw new CallError('no');
      }),
    ).toThrowWithMessage(Error, 'no');
    expect(closed).toEqual(['inner', 'outer', 'failed']);
  });
});

describe('resources', () => {
  it('are known by container and name', () => {
    const runtime = runtimeOf({});
    const make = (container: string, name: string) => runtime.resource(container, name, () => variable(1));
    expect(make('', 'v')).toBe(make('', 'v'));
    expect(make('', 'v')).not.toBe(make('', 'w'));
    expect(make('', 'v')).not.toBe(make('other', 'v'));
    expect([...runtime.resources()]).toHaveLength(3);
    expect(runtime.anonymous(() => variable(1))).not.toBe(runtime.anonymous(() => variable(1)));
    runtime.dispose();
  });
});

describe('a runtime that is disposed', () => {
  it('frees its variables and constants, and runs nothing', () => {
    const before = tf.memory().numTensors;
    const runtime = runtimeOf({negate: NEGATE});
    const negate = runtime.function('negate');
    const owned = runtime.resource('', 'v', () => variable(1));
    const constant = tf.ones([2]);
    runtime.keep(Value.device(constant));
    expect(tf.memory().numTensors).toBe(before + 2);
    runtime.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect([owned.initialized, constant.isDisposed]).toEqual([false, true]);
    expect(() => runtime.function('negate')).toThrow(CallError);
    expect(() => runtime.invoke(negate, [scalar(1)], () => ({result: 0, tensors: []}))).toThrowWithMessage(
      CallError,
      /was disposed/,
    );
    expect([...runtime.resources()]).toEqual([]);
  });
});

describe('what a model has not brought along', () => {
  it('is an error when it is asked for', () => {
    const runtime = runtimeOf({});
    const bytes = new TextEncoder().encode('vocabulary.txt');
    expect(() => runtime.readFile(bytes)).toThrow(CallError);
    expect(() => runtime.restore(bytes, bytes, bytes)).toThrowWithMessage(
      CallError,
      /'vocabulary.txt' cannot be read now/,
    );
    expect(runtime.customGradient('g')).toBeUndefined();
    const content = runtimeOf({}, {readFile: () => Uint8Array.of(1)}).readFile(bytes);
    expect(content).toEqual(Uint8Array.of(1));
  });
});
