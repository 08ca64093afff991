/**
 * Computes with a model in a process of its own, as `contender.ts` asks.
 *
 *     node build/bench/inference_child/inference_child.js onnx|tfjs|graph-model PATH THREADS
 *
 * A call begins with arrays and ends with arrays.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-wasm';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import {watchCompilation} from '../src/compile/engine.js';
import {load} from '../src/index.js';
import {quietCpuBackend} from '../src/tfjs/cpu_backend.js';
import type {CompiledGraph, ContenderAnswer, ContenderRequest, GivenInput} from './contender.js';
import {median} from './measure.js';

type Tensors = Record<string, tf.Tensor>;
type Arrays = Record<string, Float32Array | Int32Array | string[]>;

/** The function that each contender calls, by its name. */
const LOADERS: Readonly<
  Record<string, (path: string, threads: number) => Promise<(inputs: Tensors) => Tensors | Promise<Tensors>>>
> = {
  onnx: async (path, threads) => {
    const {signatures} = await load(path, {engine: 'onnx', onnx: {threads, keep: false}});
    return (inputs) => signatures.serving_default!(inputs) as Tensors;
  },
  tfjs: async (path) => {
    const {signatures} = await load(path, {engine: 'tfjs'});
    return (inputs) => signatures.serving_default!(inputs) as Tensors;
  },
  'graph-model': async (path) => {
    const {loadGraphModel} = await import('@tensorflow/tfjs-converter');
    const model = await loadGraphModel({load: () => graphModelArtifacts(path)});
    const named = (results: tf.Tensor | tf.Tensor[] | Tensors): Tensors => {
      if (!(results instanceof tf.Tensor) && !Array.isArray(results)) return results;
      return Object.fromEntries([results].flat().map((each, i) => [model.outputs[i]!.name, each]));
    };
    let isDynamic = false;
    return (inputs) => {
      try {
        if (!isDynamic) return named(model.predict(inputs));
      } catch {
        // What has loops, or sizes that follow from values, can only be called so.
        isDynamic = true;
      }
      return model.predictAsync(inputs).then((results) => named(results as Tensors));
    };
  },
};

/** The files that tfjs's converter writes. */
async function graphModelArtifacts(path: string): Promise<tf.io.ModelArtifacts> {
  const {modelTopology, weightsManifest, signature, ...rest} = JSON.parse(
    await readFile(join(path, 'model.json'), 'utf8'),
  );
  const groups = weightsManifest as {paths: string[]; weights: tf.io.WeightsManifestEntry[]}[];
  const shards = await Promise.all(
    groups.flatMap(({paths}) => paths).map((shard) => readFile(join(path, shard))),
  );
  return {
    ...rest,
    modelTopology,
    signature,
    weightSpecs: groups.flatMap(({weights}) => weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  };
}

async function read({dtype, file, strings}: GivenInput): Promise<Arrays[string]> {
  if (dtype === 'string') return [...strings!];
  const {buffer} = new Uint8Array(await readFile(file!));
  return dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
}

const [contender = '', path = '', threads = '1'] = process.argv.slice(2);
await quietCpuBackend();
await tf.setBackend('wasm');
let compiled: CompiledGraph[] = [];
watchCompilation({
  compiled({label, sessions, nodes}) {
    const interpreted = nodes.filter(({isLowered}) => !isLowered);
    compiled.push({
      label,
      sessions: sessions.length,
      lowered: nodes.length - interpreted.length,
      interpreted: interpreted.map(({node: {op, name}, reason = ''}) => ({op, name, reason})),
    });
  },
});
const run = await LOADERS[contender]!(path, Number(threads));

async function answer({inputs, milliseconds = 0, results}: ContenderRequest): Promise<ContenderAnswer> {
  const arrays: Arrays = {};
  for (const [name, input] of Object.entries(inputs)) arrays[name] = await read(input);
  const call = async (): Promise<Arrays> => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, {shape, dtype}]) => [
        name,
        tf.tensor(arrays[name]!, [...shape], dtype),
      ]),
    );
    const given = run(tensors);
    const outputs = given instanceof Promise ? await given : given;
    const results = Object.entries(outputs).map(([name, output]) => [name, output.dataSync()]);
    tf.dispose([tensors, outputs]);
    return Object.fromEntries(results) as Arrays;
  };
  const times: number[] = [];
  let last: Arrays = {};
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    last = await call();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  if (results !== undefined) {
    for (const [name, data] of Object.entries(last)) {
      await writeFile(join(results, name), new Uint8Array(Float32Array.from(data as Float32Array).buffer));
    }
  }
  const reported = compiled;
  compiled = [];
  return {milliseconds: median(times), calls: times.length, compiled: reported};
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as ContenderRequest)));
}
