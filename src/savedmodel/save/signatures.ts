/**
 * The signatures of a model that is saved: those that were asked for, or that a loaded model came with, or the one function
 * that can be the default.
 *
 * Source: `tensorflow/python/saved_model/signature_serialization.py`.
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import {makeMessage, SavedUserObject} from '../../proto/index.js';
import {isTracedCallable} from '../../trace/func.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {originOf} from '../load/object_graph.js';
import type {RestoredFunction} from '../load/restored_function.js';
import {isLoadedSignature} from '../load/signature.js';
import {SaveNode} from './save_node.js';
import type {SaveableView} from './saveable_view.js';
import {inputsOf, isResource, isTensor, outputsOf, type SignatureToSave} from './signature_io.js';
import {makeSignature, signatureOf} from './signature_wrapper.js';
import {isTracedFunction} from './traced_functions.js';

/** The name under which a lone signature is saved. */
const DEFAULT_SIGNATURE = 'serving_default';

/** Attribute of the root that holds its signatures. */
const SIGNATURES = 'signatures';

/** Attribute that says which function is the default signature. */
const DEFAULT_SIGNATURE_ATTRIBUTE = '_default_save_signature';

/** Finds the signatures, and makes the root lead to them. */
export function attachSignatures(view: SaveableView, wanted: unknown): SignatureToSave[] {
  const {root} = view;
  root.expand();
  const saved = root.child(SIGNATURES);
  if (wanted === undefined && saved !== undefined && isSignatureMap(saved))
    return savedSignatures(view, saved);
  if (wanted === undefined && saved !== undefined) {
    throw new SaveError(
      `what is saved has an attribute '${SIGNATURES}', under which its signatures would be saved; rename the attribute`,
    );
  }
  const made = [...signatureFunctions(view, wanted)].map(([name, node]) =>
    makeSignature(view.functions, name, node),
  );
  const map = new SaveNode({
    case: 'user',
    proto: makeMessage(SavedUserObject, {
      identifier: 'signature_map',
      version: {producer: 1, minConsumer: 1, badConsumers: []},
    }),
  });
  map.children = made.map(({signature, node}) => [signature.name, node]);
  root.children = [...root.children.filter(([name]) => name !== SIGNATURES), [SIGNATURES, map]];
  return made.map(({signature}) => signature);
}

function isSignatureMap({kind}: SaveNode): boolean {
  return kind.case === 'user' && kind.proto.identifier === 'signature_map';
}

/** The signatures that a loaded model came with. */
function savedSignatures(view: SaveableView, map: SaveNode): SignatureToSave[] {
  map.expand();
  return map.children.map(([name, node]) => {
    const concrete = concreteOf(view, node);
    if (concrete === undefined)
      throw new SaveError(`the signature '${name}' of the loaded model is no function`);
    return signatureOf(name, concrete);
  });
}

/** The functions to make signatures of, by the name of the signature. */
function signatureFunctions(view: SaveableView, wanted: unknown): Map<string, SaveNode> {
  if (wanted === undefined) {
    const found = defaultSignature(view);
    return new Map(found === undefined ? [] : [[DEFAULT_SIGNATURE, found]]);
  }
  if (isFunctionLike(wanted))
    return new Map([[DEFAULT_SIGNATURE, requested(view, DEFAULT_SIGNATURE, wanted)]]);
  if (typeof wanted !== 'object' || wanted === null) {
    throw new SaveError('signatures are a function, or an object of functions by name');
  }
  return new Map(Object.entries(wanted).map(([name, each]) => [name, requested(view, name, each)]));
}

function isFunctionLike(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      (value instanceof ConcreteFunction || isTracedFunction(value)))
  );
}

/** The function that somebody asked for. */
function requested(view: SaveableView, name: string, value: unknown): SaveNode {
  const refuse = (why: string) => new SaveError(`the signature '${name}' ${why}`);
  if (isLoadedSignature(value)) return view.node(value.concreteFunction);
  if (!isFunctionLike(value)) {
    throw refuse('is neither made by func() nor a function or signature of a loaded model');
  }
  if (isTracedCallable(value)) {
    const [first, ...others] = value.traces();
    if (first === undefined)
      throw refuse('has no inputSignature and was never called: there is nothing to save');
    if (others.length > 0 && value.inputSignature === undefined) {
      throw refuse(`has ${others.length + 1} traces; give one of them: f.getConcreteFunction(...)`);
    }
    return view.node(first);
  }
  if (typeof value === 'function' && originOf(value) === undefined) {
    // What `concreteFunction` of a loaded function gave.
    const chosen = (value as Partial<RestoredFunction>).concreteFunctions ?? [];
    if (chosen.length === 1) return view.node(chosen[0]!);
    throw refuse('is a plain function; make it one that can be traced by func()');
  }
  const node = view.node(value as object);
  const traces = node.kind.case === 'function' ? node.kind.traces.length : 1;
  if (traces > 1 && !isDeclared(node)) throw refuse(`has ${traces} traces; give one of f.concreteFunctions`);
  const concrete = concreteOf(view, node);
  if (concrete === undefined) throw refuse('has no traces');
  return concrete;
}

/**
 * The function that becomes the signature when nobody asks for any: the only one of the root's that was declared with
 * what it takes.
 */
function defaultSignature(view: SaveableView): SaveNode | undefined {
  const possible: SaveNode[] = [];
  for (const [name, child] of view.root.children) {
    const declared =
      child.kind.case === 'concrete' || isDeclared(child) ? concreteOf(view, child) : undefined;
    if (declared === undefined) continue;
    if (name === DEFAULT_SIGNATURE_ATTRIBUTE) return declared;
    if (isPossibleSignature(declared)) possible.push(declared);
  }
  return possible.length === 1 ? possible[0] : undefined;
}

function isDeclared({kind}: SaveNode): boolean {
  if (kind.case !== 'function') return false;
  const signature = kind.spec?.inputSignature?.kind?.$case;
  return kind.declared || (signature !== undefined && signature !== 'noneValue');
}

function isPossibleSignature({kind}: SaveNode): boolean {
  if (kind.case !== 'concrete' || kind.function.graph.results.length === 0) return false;
  if (inputsOf(kind.function).some(isResource)) return false;
  return outputsOf(kind.function).every(({structure}) => isTensor(structure));
}

/** A function's first trace by itself. */
function concreteOf(view: SaveableView, node: SaveNode): SaveNode | undefined {
  if (node.kind.case === 'concrete') return node;
  if (node.kind.case !== 'function') return undefined;
  node.expand();
  const child = node.child('trace_0');
  if (child?.kind.case === 'concrete') return child;
  const [first] = node.kind.traces;
  return first && view.concreteNode(first);
}
