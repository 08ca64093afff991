/** What `tfhub ops` says of engines, held against what is compiled when the functions are called. */

import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import type {CompileReport} from '../../compile/analyse.js';
import {watchCompilation} from '../../compile/engine.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {checkCase, readFixtures} from '../testing/fixture_cases.js';
import {fixtureDirectory, loadFixture, MODELS} from '../testing/fixtures.js';
import {describeEngines} from './describe_engines.js';

beforeAll(quietCpuBackend);

let unwatch: (() => void) | undefined;
afterEach(() => unwatch?.());

/** Models of all formats: captured variables, constants and tables, loops, variables in the graph. */
const NAMES = [
  'cnn',
  'conditionals',
  'hub_text_embedding',
  'keras3_cnn_tfnew',
  'lstm',
  'residual_cnn',
  'text_table',
  'training_step',
  'v1_control_flow',
  'v1_estimator',
  'v1_reference_variables',
  'v1_resource_variables',
  'v1_tables',
];

const fixtures = readFixtures(MODELS);

describe('what is said of engines is what is compiled', () => {
  it.each(NAMES)('%s', async (name) => {
    const reports: CompileReport[] = [];
    const sessions: string[] = [];
    unwatch = watchCompilation({
      compiled: (report) => reports.push(report),
      session: (made) => sessions.push(made),
    });
    const {cases, tags} = fixtures.find((each) => each.name === name)!;
    const options = tags === null ? {} : {tags};
    const model = await loadFixture(name, {engine: 'onnx', ...options});
    // What loading runs to make tables.
    reports.length = 0;
    for (const each of cases) checkCase(model, each);
    model.dispose();
    const said = await describeEngines(fixtureDirectory(name), {all: true, ...options});
    // Inner functions are compiled as well where the interpreter calls them.
    const compiled = reports.filter(({label}) => said.some(({graph}) => graph === label));
    // Functions with control flow of TensorFlow 1 are not compiled.
    expect(compiled.length > 0 || said.every(({whole}) => whole !== undefined)).toBe(true);
    for (const {label, sessions: parts} of compiled) {
      const known = said.filter(({graph}) => graph === label).map((each) => each.sessions);
      expect(known).toContainEqual(parts);
    }
    // And they are run.
    if (compiled.some((report) => report.sessions.length > 0)) expect(sessions).not.toEqual([]);
  });
});

describe('the engines of a model', () => {
  it('are told for each node, with the reason of those that stay', async () => {
    const said = await describeEngines(fixtureDirectory('text_table'));
    const {sessions, nodes, reasons, interpreted} = said[0]!;
    expect(nodes.filter(({engine}) => engine === 'tfjs')).toHaveLength(interpreted);
    expect(reasons.reduce((sum, {count}) => sum + count, 0)).toBe(interpreted);
    expect(reasons).toContainEqual(
      expect.objectContaining({op: 'LookupTableFindV2', reason: 'has no ONNX rule', count: 1}),
    );
    const native = nodes.filter(({engine}) => engine === 'onnx');
    expect(sessions.map((_, i) => native.filter(({session}) => session === i).length)).toEqual(sessions);
    expect(nodes.every(({engine, reason}) => (engine === 'tfjs') === (reason !== undefined))).toBe(true);
  });

  it('are those of its own functions, or of all that its objects have', async () => {
    const names = async (all: boolean) =>
      (await describeEngines(fixtureDirectory('sub_objects'), {all})).map(({name}) => name);
    const own = await names(false);
    const every = await names(true);
    expect(own.filter((name) => name.includes('.'))).toEqual([]);
    expect(every).toEqual(expect.arrayContaining(own));
    expect(every.some((name) => name.includes('.'))).toBe(true);
  });

  it('are the interpreter for control flow of TensorFlow 1', async () => {
    const v1 = await describeEngines(fixtureDirectory('v1_control_flow'), {tags: ['serve']});
    expect(v1.map(({whole}) => whole)).toContain(
      'it has control flow of TensorFlow 1 (Switch, Merge, Enter) that depends on what is computed',
    );
  });
});
