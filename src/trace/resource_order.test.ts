import {expect, it} from 'vitest';
import {type BuiltNode, GraphBuilder} from '../graph/builder.js';
import {ResourceOrder} from './resource_order.js';

const builder = new GraphBuilder();
const node = (): BuiltNode => builder.statement('NoOp', []);

const [TABLE, VARIABLE] = [{}, {}];

it('lets reads of a resource run in any order, after what changed it last', () => {
  const order = new ResourceOrder();
  expect(order.beforeRead(TABLE)).toEqual([]);
  const change = node();
  order.change([TABLE], change);
  order.read(TABLE, node());
  expect(order.beforeRead(TABLE)).toEqual([change]);
  expect(order.beforeRead(VARIABLE)).toEqual([]);
});

it('lets a change wait for all reads since the last change, and for that', () => {
  const order = new ResourceOrder();
  const [first, readOne, readTwo, second] = [node(), node(), node(), node()];
  order.change([TABLE], first);
  order.read(TABLE, readOne);
  order.read(TABLE, readTwo);
  expect(order.beforeChange([TABLE])).toEqual([first, readOne, readTwo]);
  order.change([TABLE], second);
  expect(order.beforeChange([TABLE])).toEqual([second]);
});

it('lets a change of several resources wait for each node once', () => {
  const order = new ResourceOrder();
  const [both, read] = [node(), node()];
  order.change([TABLE, VARIABLE], both);
  order.read(VARIABLE, read);
  expect(order.beforeChange([TABLE, VARIABLE])).toEqual([both, read]);
  expect(order.beforeChange([])).toEqual([]);
});

it('lists what changes something, in order', () => {
  const order = new ResourceOrder();
  const [table, read, outside] = [node(), node(), node()];
  order.change([TABLE], table);
  order.read(TABLE, read);
  order.change([], outside);
  expect(order.effects).toEqual([table, outside]);
});
