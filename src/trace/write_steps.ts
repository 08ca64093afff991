/**
 * Writes reconciled steps as the graph of a function: kernels by their rules, variables as resources in the order of
 * their reads and assignments, loops and branches as functions of their own.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import {type BuiltNode, GraphBuilder, type Operand} from '../graph/builder.js';
import {ARGUMENT_OP, type FunctionGraph} from '../graph/graph.js';
import {opDef} from '../graph/op_defs.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {Variable} from '../ops/variable/kernels.js';
import type {Value} from '../tensors/value.js';
import {Dims, type TracedTensor} from './dims.js';
import {KernelCall, type KernelInputs} from './kernel_call.js';
import {KERNEL_RULES} from './kernels.js';
import type {RandomTensor} from './random.js';
import {type ComputedConstant, describe, type Step, type Steps} from './reconcile.js';
import {isRef, located, type RecordedOp, type Ref, type RefTree, refsOf} from './recording.js';
import type {Callee, Capture} from './traced_function.js';
import {type MergedTensor, rankOf, sizeAt} from './varying.js';

/** What the functions of one trace share. */
interface Shared {
  readonly name: string;
  readonly callees: Map<string, Callee>;
  hasFormulas: boolean;
}

/** Constants of more elements are captured in place of standing in the graph. */
const LARGE = 1024;

/** Stands for what stateful ops do that have no handles, such as printing: in order, too. */
const OUTSIDE = {};

/** A parameter of a function besides its arguments: the same key is the same thing. */
interface Captured {
  readonly key: object;
  readonly dtype: DType;
  readonly capture: Capture;
}

/** A tensor of the function around this one. */
interface OuterTensor {
  readonly ref: Ref;
  readonly dtype: DType;
}

/** The nodes that have read or changed a resource since it was last changed. */
interface ResourceOrder {
  changed?: BuiltNode;
  readonly readers: BuiltNode[];
}

/** What a function is written with. */
export interface WriteRequest {
  readonly name: string;
  /** Names and dtypes of the arguments. */
  readonly parameters: readonly {readonly name: string; readonly dtype: DType}[];
  readonly steps: Steps;
}

/** A function, what it is bound to, and the functions it refers to. */
export interface WrittenFunction {
  readonly graph: FunctionGraph;
  readonly captures: readonly Capture[];
  readonly callees: ReadonlyMap<string, Callee>;
  /** Shapes of the results, as far as they are known. */
  readonly shapes: readonly PartialShape[];
  /** Whether sizes are computed by formulas that were found by trying. */
  readonly hasFormulas: boolean;
}

/** Writes a traced function. */
export function writeFunction({name, parameters, steps}: WriteRequest): WrittenFunction {
  const shared: Shared = {name, callees: new Map(), hasFormulas: false};
  const captures: Capture[] = [];
  const writer = new FunctionWriter(shared);
  const operands = parameters.map((each) => writer.graph.parameter(each.name, each.dtype));
  writer.capture = ({capture, dtype}) => {
    captures.push(capture);
    return writer.graph.parameter(capture.kind === 'constant' ? 'constant' : 'resource', dtype);
  };
  const results = writer.write(steps, operands);
  const graph = writer.finish(
    name,
    results.map((each) => ({operand: writer.exact(each)})),
  );
  const {callees, hasFormulas} = shared;
  return {graph, captures, callees, shapes: results.map(partialShape), hasFormulas};
}

/** What is known of the shape of a tensor. */
export function partialShape(tensor: MergedTensor): PartialShape {
  const rank = rankOf(tensor);
  if (rank === undefined) return null;
  return Array.from({length: rank}, (_, axis) => {
    const size = sizeAt(tensor, axis);
    return typeof size === 'number' && !tensor.open?.has(axis) ? size : null;
  });
}

/** Writes one function graph. */
class FunctionWriter {
  readonly graph = new GraphBuilder();
  /** Makes a parameter for what a function is bound to. */
  capture: (captured: Captured) => Operand = () => {
    throw new SaveError('a function within a function was not told what it is bound to');
  };
  readonly #shared: Shared;
  readonly #dims: Dims;
  readonly #tensors = new Map<number, readonly TracedTensor[]>();
  readonly #captured = new Map<object, Operand>();
  readonly #outer = new Map<string, Operand>();
  readonly #order = new Map<object, ResourceOrder>();
  readonly #effects: BuiltNode[] = [];
  /** Results of ops in the dtypes that the ops give, where tfjs has others. */
  readonly #exact = new Map<TracedTensor, Operand>();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#dims = new Dims(this.graph);
  }

  /** Writes the steps that matter and gives the results. */
  write({steps, results}: Steps, parameters: readonly Operand[]): TracedTensor[] {
    const needed = neededSteps(steps, results);
    steps.forEach((step, index) => {
      if (!needed.has(index)) return;
      try {
        this.#tensors.set(index, this.#writeStep(step, parameters));
      } catch (error) {
        if (!(error instanceof SaveError) || error.message.includes('\n  at ')) throw error;
        throw located(step, `${describe(step)}: ${error.message}`);
      }
    });
    return results.map((ref) => this.#tensor(ref));
  }

  /** A tensor in the dtype in which the graph first had it. */
  exact(tensor: TracedTensor): Operand {
    return this.#exact.get(tensor) ?? tensor.operand;
  }

  finish(name: string, results: readonly {readonly operand: Operand}[]): FunctionGraph {
    const named = results.map(({operand}, i) => ({
      name: i === 0 ? 'identity' : `identity_${i}`,
      operand: operand.dtype === 'resource' ? operand : this.graph.op('Identity', [operand]),
    }));
    this.#shared.hasFormulas ||= this.#dims.hasFormulas;
    return this.graph.finish(name, named, this.#effects);
  }

  /** Says which operand a captured thing is. */
  bind(key: object, operand: Operand): void {
    this.#captured.set(key, operand);
  }

  /** Says which operand a tensor of the function around is. */
  bindOuter({ref}: OuterTensor, operand: Operand): void {
    this.#outer.set(`${ref.entry}:${ref.output}`, operand);
  }

  #writeStep(step: Step, parameters: readonly Operand[]): TracedTensor[] {
    const {what, outputs, scope} = step;
    const isInput = what.kind === 'parameter' || what.kind === 'outer';
    const operands = this.graph.within(scope.join('/'), () => this.#operands(step, parameters));
    return outputs.map((output, i) => {
      const given = operands[i]!;
      const isOpaque = given.dtype === 'resource' || given.dtype === 'variant';
      const operand = this.graph.cast(given, output.dtype as DType);
      const tensor = {...output, operand};
      if (operand !== given) this.#exact.set(tensor, given);
      if (!isOpaque) this.#dims.add(tensor, isInput);
      return tensor;
    });
  }

  #operands(step: Step, parameters: readonly Operand[]): readonly Operand[] {
    const {what, outputs} = step;
    switch (what.kind) {
      case 'parameter':
        return [parameters[what.index]!];
      case 'outer':
        return [this.#outer.get(`${what.outer.entry}:${what.outer.output}`)!];
      case 'constant':
        return [this.#constant(what.value)];
      case 'computed':
        return [this.#computed(what.constant, outputs[0]!.dtype as DType)];
      case 'random':
        return [this.#random(what.random, step)];
      case 'read':
        return [this.#read(what.variable)];
      case 'assign':
        this.#assign(what.variable, this.#tensor((step.inputs as readonly Ref[])[0]!).operand);
        return [];
      case 'kernel':
        return this.#kernel(step, what.kernel, what.attrs);
      case 'handle':
        return [this.#handle(capturedValue(what.value))];
      case 'op':
        return this.#op(step, what.op);
      case 'call':
        return this.#call(step, what.call);
      case 'loop':
        return this.#loop(step, what.cond, what.body);
      case 'branch':
        return this.#branch(step, what.branches);
      case 'failed':
        throw what.error;
    }
  }

  #tensor({entry, output}: Ref): TracedTensor {
    return this.#tensors.get(entry)![output]!;
  }

  #constant(value: HostTensor): Operand {
    if (sizeOf(value.shape) <= LARGE) return this.graph.constant(value);
    return this.#handle({key: value, dtype: value.dtype, capture: {kind: 'constant', value}});
  }

  #kernel(step: Step, kernel: string, attrs: KernelCall['attrs']): readonly Operand[] {
    const rule = KERNEL_RULES[kernel];
    if (rule === undefined) throw new SaveError(`what tfjs calls ${kernel} has no counterpart in TensorFlow`);
    const look = (tree: RefTree): unknown => {
      if (tree === null) return null;
      if (isRef(tree)) return this.#tensor(tree);
      if (Array.isArray(tree)) return tree.map(look);
      return Object.fromEntries(Object.entries(tree).map(([name, each]) => [name, look(each as RefTree)]));
    };
    const inputs = look(step.inputs) as KernelInputs;
    const made = rule(new KernelCall(kernel, this.graph, this.#dims, inputs, attrs, step.outputs));
    const operands = Array.isArray(made) ? (made as readonly Operand[]) : [made as Operand];
    step.outputs.forEach(({dtype}, i) => {
      const given = operands[i]?.dtype;
      if (given !== dtype) throw new SaveError(`${kernel} gives ${dtype} in tfjs and ${given} as traced`);
    });
    return operands;
  }

  #computed(constant: ComputedConstant, dtype: DType): Operand {
    const {graph} = this;
    const call = new KernelCall('a constant', graph, this.#dims, [], {}, []);
    switch (constant.form) {
      case 'uniform': {
        const value = call.real(constant.value, dtype);
        return graph.op('Fill', [call.vector(constant.shape), value]);
      }
      case 'elements': {
        const {values, shape} = constant;
        const whole = values.every((value) =>
          (typeof value === 'number' ? [value] : value.values).every(Number.isInteger),
        );
        const vector = whole
          ? graph.cast(call.vector(values), dtype)
          : graph.op('Pack', [values.map((value) => call.real(value, dtype))], {axis: 0});
        return shape.length === 1 ? vector : graph.op('Reshape', [vector, graph.ints(shape)]);
      }
      case 'range': {
        const {start, step, length} = constant;
        const indices = graph.op('Range', [
          graph.scalar('int32', 0),
          call.scalar(length),
          graph.scalar('int32', 1),
        ]);
        const scaled = graph.op('Mul', [graph.cast(indices, dtype), graph.scalar(dtype, step)]);
        return start === 0 ? scaled : graph.op('AddV2', [scaled, graph.scalar(dtype, start)]);
      }
      case 'identity': {
        const [rows, columns] = [constant.rows, constant.columns].map((size) => {
          const range = [graph.scalar('int32', 0), call.scalar(size), graph.scalar('int32', 1)];
          return graph.op('Range', range);
        });
        const column = graph.op('ExpandDims', [rows!, graph.scalar('int32', 1)]);
        return graph.cast(graph.op('Equal', [column, columns!]), dtype);
      }
    }
  }

  #random({distribution, offset, scale, seed}: RandomTensor, {outputs}: Step): Operand {
    const {graph} = this;
    const call = new KernelCall('a random tensor', graph, this.#dims, [], {}, outputs);
    const shape = call.vector(call.outputShape());
    const op = {uniform: 'RandomUniform', normal: 'RandomStandardNormal', truncatedNormal: 'TruncatedNormal'};
    let drawn = graph.op(op[distribution], [shape], {dtype: 'float32', seed});
    if (scale !== 1) drawn = graph.op('Mul', [drawn, graph.scalar('float32', scale)]);
    if (offset !== 0) drawn = graph.op('AddV2', [drawn, graph.scalar('float32', offset)]);
    // As tfjs does, which cuts the fraction off.
    return graph.cast(drawn, call.dtype);
  }

  #handle(captured: Captured): Operand {
    let operand = this.#captured.get(captured.key);
    if (operand === undefined) this.#captured.set(captured.key, (operand = this.capture(captured)));
    return operand;
  }

  #read(variable: tf.Variable): Operand {
    const captured = capturedVariable(Variable.of(variable));
    const order = this.#orderOf(captured.key);
    const {dtype} = Variable.of(variable);
    const [value] = this.graph.node(
      'ReadVariableOp',
      [this.#handle(captured)],
      {dtype},
      {
        controls: order.changed ? [order.changed] : [],
      },
    );
    order.readers.push(value!.node);
    return this.graph.cast(value!, variable.dtype as DType);
  }

  #assign(variable: tf.Variable, value: Operand): void {
    const captured = capturedVariable(Variable.of(variable));
    const {dtype} = Variable.of(variable);
    const node = this.graph.statement(
      'AssignVariableOp',
      [this.#handle(captured), this.graph.cast(value, dtype)],
      {},
      {
        controls: this.#beforeChange([captured.key]),
      },
    );
    this.#change([captured.key], node);
    this.#effects.push(node);
  }

  #call(
    step: Step,
    {callee, inputs, bound, outputs, stateful}: Extract<Step['what'], {kind: 'call'}>['call'],
  ): Operand[] {
    const {graph} = this;
    const args = (step.inputs as readonly Ref[]).map((ref, i) =>
      graph.cast(this.#tensor(ref).operand, inputs[i]!),
    );
    const captured = bound.map(capturedValue);
    const given = args.filter(({dtype}) => dtype === 'resource');
    const keys = [
      ...new Set([
        ...captured.filter(({dtype}) => dtype === 'resource').map(({key}) => key),
        ...(given.length === 0 ? [] : this.#resourcesOf(given)),
      ]),
    ];
    const name = this.#foreignName(callee);
    const node = graph.statement(
      stateful ? 'StatefulPartitionedCall' : 'PartitionedCall',
      [[...args, ...captured.map((each) => this.#handle(each))]],
      {f: {func: name}, Tout: [...outputs]},
      {controls: this.#beforeChange(keys)},
    );
    if (stateful) {
      this.#change(keys, node);
      this.#effects.push(node);
    }
    return outputs.map((dtype, output) => {
      const result = {node, output, dtype};
      return graph.cast(result, (step.outputs[output]?.dtype ?? dtype) as DType);
    });
  }

  #op({inputs}: Step, {name, attrs, inputs: dtypes}: RecordedOp): readonly Operand[] {
    const {graph} = this;
    const operands = (inputs as readonly Ref[]).map((ref, i) =>
      graph.cast(this.exact(this.#tensor(ref)), dtypes[i]!),
    );
    const keys = opDef(name)?.stateful ? this.#resourcesOf(operands) : [];
    const {node, outputs} = graph.raw(name, operands, attrs, this.#beforeChange(keys));
    if (keys.length > 0) {
      this.#change(keys, node);
      this.#effects.push(node);
    }
    return outputs;
  }

  /** What a stateful op uses: the resources whose handles it takes, or what lies outside of any. */
  #resourcesOf(operands: readonly Operand[]): object[] {
    const handles = operands.filter(({dtype}) => dtype === 'resource');
    if (handles.length === 0) return [OUTSIDE];
    return handles.map((handle) => {
      const captured = [...this.#captured].find(([, operand]) => operand === handle);
      return captured?.[0] ?? handle.node;
    });
  }

  #foreignName(callee: Extract<Callee, {kind: 'foreign'}>['function']): string {
    for (const [name, each] of this.#shared.callees) {
      if (each.kind === 'foreign' && each.function === callee) return name;
    }
    const name = uniqueName(callee.name, this.#shared.callees);
    this.#shared.callees.set(name, {kind: 'foreign', function: callee});
    return name;
  }

  #loop(step: Step, cond: Steps, body: Steps): Operand[] {
    const vars = (step.inputs as readonly Ref[]).map((ref) => this.#tensor(ref));
    const bound = mergeBound([boundOf(cond), boundOf(body)]);
    const dtypes = vars.map(({operand}) => operand.dtype);
    const functions = [
      this.#inner('while_cond', cond, dtypes, bound, {counted: true, passOn: false}),
      this.#inner('while_body', body, dtypes, bound, {counted: true, passOn: true}),
    ];
    const shapes = step.outputs.map((output, i) =>
      partialShape(commonShape([output, vars[i]!, ...loopShapes(body, i)])),
    );
    const node = this.#structured(
      functions.some(({stateful}) => stateful) ? 'While' : 'StatelessWhile',
      [
        [
          ...LOOP_COUNTERS.map(({initial}) => this.graph.scalar('int32', initial)),
          ...vars.map(({operand}) => operand),
          ...this.#boundOperands(bound),
        ],
      ],
      {
        cond: {func: functions[0]!.name},
        body: {func: functions[1]!.name},
        output_shapes: [
          ...LOOP_COUNTERS.map(() => []),
          ...shapes,
          ...bound.outer.map(() => null),
          ...bound.captured.map(() => null),
        ],
      },
      bound,
      changedBy(body).concat(changedBy(cond)),
    );
    return dtypes.map((dtype, i) => ({node, output: LOOP_COUNTERS.length + i, dtype}));
  }

  #branch(step: Step, branches: readonly Steps[]): Operand[] {
    const pred = this.#tensor((step.inputs as readonly Ref[])[0]!);
    const bound = mergeBound(branches.map(boundOf));
    const functions = branches.map((each, i) =>
      this.#inner(i === 0 ? 'cond_true' : 'cond_false', each, [], bound, {counted: false, passOn: false}),
    );
    const [yes, no] = branches.map(({steps, results}) =>
      results.map(({entry, output}) => steps[entry]!.outputs[output]!),
    );
    if (yes!.length !== no!.length || yes!.some(({dtype}, i) => dtype !== no![i]!.dtype)) {
      throw new SaveError('both branches of cond have to give as many tensors, of the same dtypes');
    }
    const dtypes = yes!.map(({dtype}) => dtype as DType);
    const node = this.#structured(
      functions.some(({stateful}) => stateful) ? 'If' : 'StatelessIf',
      [this.graph.op('Reshape', [pred.operand, this.graph.ints([])]), this.#boundOperands(bound)],
      {
        then_branch: {func: functions[0]!.name},
        else_branch: {func: functions[1]!.name},
        Tout: dtypes,
        output_shapes: yes!.map((each, i) => partialShape(commonShape([each, no![i]!]))),
      },
      bound,
      branches.flatMap(changedBy),
    );
    return dtypes.map((dtype, output) => ({node, output, dtype}));
  }

  /** A node that runs functions of its own, in the right order with what else uses their resources. */
  #structured(
    op: string,
    inputs: Parameters<GraphBuilder['statement']>[1],
    attrs: Parameters<GraphBuilder['statement']>[2],
    bound: Bound,
    changed: readonly object[],
  ): BuiltNode {
    const keys = bound.captured.filter(({dtype}) => dtype === 'resource').map(({key}) => key);
    const changing = new Set(changed);
    const controls = keys.flatMap((key) => {
      const {changed: last} = this.#orderOf(key);
      return changing.has(key) ? this.#beforeChange([key]) : last ? [last] : [];
    });
    const node = this.graph.statement(op, inputs, attrs, {controls: [...new Set(controls)]});
    for (const key of keys) {
      if (changing.has(key)) this.#change([key], node);
      else this.#orderOf(key).readers.push(node);
    }
    if (changing.size > 0) this.#effects.push(node);
    return node;
  }

  #boundOperands({outer, captured}: Bound): Operand[] {
    return [
      ...outer.map(({ref}) => this.#tensor(ref).operand),
      ...captured.map((each) => this.#handle(each)),
    ];
  }

  /**
   * Writes a function that this one refers to. Its parameters are its own, and then what it is bound to.
   *
   * @param counted - it is part of a loop, which counts its turns
   * @param passOn - it gives the next turn what it was given
   */
  #inner(
    kind: string,
    steps: Steps,
    dtypes: readonly DType[],
    bound: Bound,
    {counted, passOn}: {readonly counted: boolean; readonly passOn: boolean},
  ): {readonly name: string; readonly stateful: boolean} {
    const writer = new FunctionWriter(this.#shared);
    const counters = counted ? LOOP_COUNTERS.map(({name}) => writer.graph.parameter(name, 'int32')) : [];
    const parameters = dtypes.map((dtype, i) => writer.graph.parameter(`loop_var_${i}`, dtype));
    const passed = [
      ...bound.outer.map((each, i) => {
        const operand = writer.graph.parameter(`outer_${i}`, each.dtype);
        writer.bindOuter(each, operand);
        return operand;
      }),
      ...bound.captured.map((each) => {
        const operand = writer.graph.parameter('captured', each.dtype);
        writer.bind(each.key, operand);
        return operand;
      }),
    ];
    const results: {readonly operand: Operand}[] = writer.write(steps, parameters);
    const name = uniqueName(`${this.#shared.name}_${kind}`, this.#shared.callees);
    // Reserved, for a loop within gets its name first otherwise.
    const [turns, ...mostTurns] = counters;
    const counts = turns && [
      writer.graph.op('AddV2', [turns, writer.graph.scalar('int32', 1)]),
      ...mostTurns,
    ];
    const all = passOn ? [...(counts ?? []).map(asResult), ...results, ...passed.map(asResult)] : results;
    const graph = writer.finish(name, all);
    this.#shared.callees.set(name, {kind: 'traced', graph});
    return {name, stateful: graph.nodes.some(({op}) => op !== ARGUMENT_OP && opDef(op)?.stateful)};
  }

  #orderOf(key: object): ResourceOrder {
    let order = this.#order.get(key);
    if (order === undefined) this.#order.set(key, (order = {readers: []}));
    return order;
  }

  #beforeChange(keys: readonly object[]): BuiltNode[] {
    const nodes = keys.flatMap((key) => {
      const {changed, readers} = this.#orderOf(key);
      return [...(changed ? [changed] : []), ...readers];
    });
    return [...new Set(nodes)];
  }

  #change(keys: readonly object[], node: BuiltNode): void {
    for (const key of keys) this.#order.set(key, {changed: node, readers: []});
  }
}

/**
 * What a loop carries before its own variables, as `tf.while_loop` has it and the gradient of `While` expects it: how many turns
 * it has taken, and how many there may be (-1: any number).
 */
const LOOP_COUNTERS = [
  {name: 'loop_counter', initial: 0},
  {name: 'maximum_iterations', initial: -1},
] as const;

function asResult(operand: Operand): {readonly operand: Operand} {
  return {operand};
}

/** What a function within a function takes besides its arguments. */
interface Bound {
  readonly outer: readonly OuterTensor[];
  readonly captured: readonly Captured[];
}

function boundOf({steps, results}: Steps): Bound {
  const needed = neededSteps(steps, results);
  const parts = steps.flatMap(({what, outputs}, index): Bound[] => {
    if (!needed.has(index)) return [];
    switch (what.kind) {
      case 'outer':
        return [{outer: [{ref: what.outer, dtype: outputs[0]!.dtype as DType}], captured: []}];
      case 'read':
      case 'assign':
        return [{outer: [], captured: [capturedVariable(Variable.of(what.variable))]}];
      case 'constant':
        if (sizeOf(what.value.shape) <= LARGE) return [];
        return [
          {
            outer: [],
            captured: [
              {key: what.value, dtype: what.value.dtype, capture: {kind: 'constant', value: what.value}},
            ],
          },
        ];
      case 'handle':
        return [{outer: [], captured: [capturedValue(what.value)]}];
      case 'call':
        return [{outer: [], captured: what.call.bound.map(capturedValue)}];
      case 'loop':
        return [what.cond, what.body].map((each) => ({outer: [], captured: boundOf(each).captured}));
      case 'branch':
        return what.branches.map((each) => ({outer: [], captured: boundOf(each).captured}));
      default:
        return [];
    }
  });
  return mergeBound(parts);
}

function mergeBound(parts: readonly Bound[]): Bound {
  const outer = new Map(
    parts.flatMap((part) => part.outer.map((each) => [`${each.ref.entry}:${each.ref.output}`, each])),
  );
  const captured = new Map(parts.flatMap((part) => part.captured.map((each) => [each.key, each])));
  return {outer: [...outer.values()], captured: [...captured.values()]};
}

/** The resources that steps may change. */
function changedBy({steps}: Steps): object[] {
  return steps.flatMap(({what, inputs}) => {
    switch (what.kind) {
      case 'op':
        return opDef(what.op.name)?.stateful ? handlesAmong(steps, inputs) : [];
      case 'assign':
        return [Variable.of(what.variable)];
      case 'call':
        if (!what.call.stateful) return [];
        return [
          ...what.call.bound
            .map(capturedValue)
            .flatMap(({key, dtype}) => (dtype === 'resource' ? [key] : [])),
          ...handlesAmong(steps, inputs),
        ];
      case 'loop':
        return [...changedBy(what.cond), ...changedBy(what.body)];
      case 'branch':
        return what.branches.flatMap(changedBy);
      default:
        return [];
    }
  });
}

/** The resources whose handles a step is given. */
function handlesAmong(steps: readonly Step[], inputs: RefTree): object[] {
  return entriesOf(inputs).flatMap((entry) => {
    const source = steps[entry]!.what;
    return source.kind === 'handle' ? [capturedValue(source.value).key] : [];
  });
}

/** Steps that a result or an effect needs. */
function neededSteps(steps: readonly Step[], results: readonly Ref[]): Set<number> {
  const needed = new Set(results.map(({entry}) => entry));
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    // The sizes of the arguments are used even where they themselves are not.
    if (step.what.kind === 'parameter' || hasEffect(step)) needed.add(i);
    if (needed.has(i)) {
      for (const entry of entriesOf(step.inputs)) needed.add(entry);
      for (const entry of outerEntries(step)) needed.add(entry);
    }
  }
  return needed;
}

function hasEffect({what}: Step): boolean {
  if (what.kind === 'assign') return true;
  if (what.kind === 'op') return opDef(what.op.name)?.stateful ?? false;
  if (what.kind === 'call') return what.call.stateful;
  if (what.kind === 'loop') return [what.cond, what.body].some(({steps}) => steps.some(hasEffect));
  return what.kind === 'branch' && what.branches.some(({steps}) => steps.some(hasEffect));
}

function entriesOf(tree: RefTree): number[] {
  return refsOf(tree).map(({entry}) => entry);
}

/** Entries that the loop or the branches of a step read from around them. */
function outerEntries({what}: Step): number[] {
  const inner = what.kind === 'loop' ? [what.cond, what.body] : what.kind === 'branch' ? what.branches : [];
  return inner.flatMap((each) => boundOf(each).outer.map(({ref}) => ref.entry));
}

function capturedVariable(variable: Variable): Captured {
  return {key: variable, dtype: 'resource', capture: {kind: 'variable', variable: variable.face()}};
}

/** A variable is one thing, whether the function or one it calls is bound to it. */
function capturedValue(value: Value): Captured {
  if (value.dtype !== 'resource') return {key: value, dtype: value.dtype, capture: {kind: 'value', value}};
  const [object] = value.hostData() as readonly object[];
  if (object instanceof Variable && object.initialized) return capturedVariable(object);
  return {key: object!, dtype: 'resource', capture: {kind: 'value', value}};
}

function uniqueName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let unique = name;
  for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`;
  return unique;
}

/** Loop variable `i` as the body takes and gives it. */
function loopShapes({steps, results}: Steps, i: number): MergedTensor[] {
  const {entry, output} = results[i]!;
  const taken = steps.find(({what}) => what.kind === 'parameter' && what.index === i);
  return [steps[entry]!.outputs[output]!, ...(taken ? [taken.outputs[0]!] : [])];
}

/** A tensor that has all of these shapes at one time or another. */
function commonShape(tensors: readonly MergedTensor[]): MergedTensor {
  const open = new Set(tensors.flatMap((each) => [...(each.open ?? [])]));
  return {dtype: tensors[0]!.dtype, shapes: tensors.flatMap(({shapes}) => shapes), open};
}
