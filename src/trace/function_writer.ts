/**
 * One function graph that is being written: the tensors that its steps have made so far, what it is bound to, and the order
 * in which it uses resources. What is written for a step stands elsewhere.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {GraphBuilder, type Operand} from '../graph/builder.js';
import type {FunctionGraph} from '../graph/graph.js';
import type {DType} from '../host/dtypes.js';
import type {Callees} from './callees.js';
import type {Captured} from './captures.js';
import {Dims, type TracedTensor} from './dims.js';
import {located, type Ref} from './recording.js';
import {OUTSIDE, ResourceOrder} from './resource_order.js';
import {neededSteps} from './step_needs.js';
import {describe, type Step, type Steps} from './steps.js';

/** What the functions of one trace share. */
export interface Trace {
  readonly name: string;
  readonly callees: Callees;
  /** Writes one step and gives what came of it. */
  readonly writeStep: (writer: FunctionWriter, step: Step) => readonly Operand[];
  /** Whether sizes are computed by formulas that were found by trying. */
  hasFormulas: boolean;
}

/** Writes one function graph. */
export class FunctionWriter {
  readonly graph = new GraphBuilder();
  readonly dims = new Dims(this.graph);
  readonly order = new ResourceOrder();
  readonly trace: Trace;
  /** Makes a parameter for what the function is bound to. */
  readonly #capture: (captured: Captured, graph: GraphBuilder) => Operand;
  #parameters: readonly Operand[] = [];
  readonly #tensors = new Map<number, readonly TracedTensor[]>();
  readonly #captured = new Map<object, Operand>();
  readonly #outer = new Map<string, Operand>();
  /** Results of ops in the dtypes that the ops give, where tfjs has others. */
  readonly #exact = new Map<TracedTensor, Operand>();

  constructor(trace: Trace, capture: (captured: Captured, graph: GraphBuilder) => Operand) {
    this.trace = trace;
    this.#capture = capture;
  }

  /** Writes the steps that matter and gives the results. */
  write(body: Steps, parameters: readonly Operand[]): TracedTensor[] {
    this.#parameters = parameters;
    const needed = neededSteps(body);
    body.steps.forEach((step, index) => {
      if (!needed.has(index)) return;
      try {
        this.#tensors.set(index, this.#writeStep(step));
      } catch (error) {
        if (!(error instanceof SaveError) || error.message.includes('\n  at ')) throw error;
        throw located(step, `${describe(step)}: ${error.message}`);
      }
    });
    return body.results.map((ref) => this.tensor(ref));
  }

  #writeStep(step: Step): TracedTensor[] {
    const {what, outputs, scope} = step;
    const isInput = what.kind === 'parameter' || what.kind === 'outer';
    const operands = this.graph.within(scope.join('/'), () => this.trace.writeStep(this, step));
    return outputs.map((output, i) => {
      const given = operands[i]!;
      const isOpaque = given.dtype === 'resource' || given.dtype === 'variant';
      const operand = this.graph.cast(given, output.dtype as DType);
      const tensor = {...output, operand};
      if (operand !== given) this.#exact.set(tensor, given);
      if (!isOpaque) this.dims.add(tensor, isInput);
      return tensor;
    });
  }

  /** The finished function. */
  finish(name: string, results: readonly Operand[]): FunctionGraph {
    const named = results.map((operand, i) => ({
      name: i === 0 ? 'identity' : `identity_${i}`,
      operand: operand.dtype === 'resource' ? operand : this.graph.op('Identity', [operand]),
    }));
    this.trace.hasFormulas ||= this.dims.hasFormulas;
    return this.graph.finish(name, named, this.order.effects);
  }

  /** The argument number `index`. */
  parameter(index: number): Operand {
    return this.#parameters[index]!;
  }

  /** A tensor that a step has made. */
  tensor({entry, output}: Ref): TracedTensor {
    return this.#tensors.get(entry)![output]!;
  }

  /** The tensors of a step whose inputs are a list. */
  inputsOf({inputs}: Step): TracedTensor[] {
    return (inputs as readonly Ref[]).map((ref) => this.tensor(ref));
  }

  /** A tensor in the dtype in which the graph first had it. */
  exact(tensor: TracedTensor): Operand {
    return this.#exact.get(tensor) ?? tensor.operand;
  }

  /** Says which operand a tensor of the function around is. */
  bindOuter(ref: Ref, operand: Operand): void {
    this.#outer.set(`${ref.entry}:${ref.output}`, operand);
  }

  /** A tensor of the function around. */
  outer({entry, output}: Ref): Operand {
    return this.#outer.get(`${entry}:${output}`)!;
  }

  /** Says which operand a captured thing is. */
  bind({key}: Captured, operand: Operand): void {
    this.#captured.set(key, operand);
  }

  /** A captured thing, which becomes a parameter when it is first used. */
  captured(captured: Captured): Operand {
    let operand = this.#captured.get(captured.key);
    if (operand === undefined) {
      operand = this.#capture(captured, this.graph);
      this.bind(captured, operand);
    }
    return operand;
  }

  /** What a stateful op uses: the resources whose handles it takes, or what lies outside of any. */
  resourcesOf(operands: readonly Operand[]): object[] {
    const handles = operands.filter(({dtype}) => dtype === 'resource');
    if (handles.length === 0) return [OUTSIDE];
    return handles.map((handle) => {
      const captured = [...this.#captured].find(([, operand]) => operand === handle);
      return captured?.[0] ?? handle.node;
    });
  }
}
