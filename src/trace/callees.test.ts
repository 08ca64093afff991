import {expect, it} from 'vitest';
import {GraphBuilder} from '../graph/builder.js';
import {Callees} from './callees.js';

it('calls a function of a model by one name, and another one of that name by another', () => {
  const callees = new Callees();
  const [one, other, third] = [{name: 'f'}, {name: 'f'}, {name: 'f'}];
  expect([callees.nameOf(one), callees.nameOf(other), callees.nameOf(third)]).toEqual(['f', 'f_1', 'f_2']);
  expect([callees.nameOf(other), callees.nameOf(one)]).toEqual(['f_1', 'f']);
  expect(callees.byName.get('f_1')).toEqual({kind: 'foreign', function: other});
  expect(callees.byName.get('f_1')).toMatchObject({function: other});
  expect(callees.byName.size).toBe(3);
});

it('knows functions that were traced along by their own names', () => {
  const callees = new Callees();
  const graph = new GraphBuilder().finish(callees.freeName('body'), [], []);
  callees.add(graph);
  expect(callees.byName.get('body')).toEqual({kind: 'traced', graph});
  expect(callees.freeName('body')).toBe('body_1');
  expect(callees.nameOf({name: 'body'})).toBe('body_1');
});
