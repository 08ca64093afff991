import {describe, expect, it} from 'vitest';
import {identifierOf, matchNames, parameterNamed} from './parameter_names.js';

describe('the identifier made of a name', () => {
  it('is what TensorFlow makes of it', () => {
    // `sanitize_arg_name` of TensorFlow 2.15.
    const names = {
      'input.1': 'input_1',
      '0': 'arg_0',
      'geo.Heated': 'geo_Heated',
      'states/state': 'states_state',
      'a-b': 'a_b',
      _x: 'arg__x',
      'x y': 'x_y',
      größe: 'größe',
      名: '名',
      ['__proto__']: 'arg___proto__',
      toString: 'toString',
    };
    expect(Object.keys(names).map(identifierOf)).toEqual(Object.values(names));
  });
});

describe('names of a call', () => {
  const found = (parameters: string[], given: Record<string, unknown>) => {
    const {byParameter, rest} = matchNames(parameters, given);
    return {byParameter: Object.fromEntries(byParameter), rest};
  };

  it('are the very names first, then their identifiers', () => {
    expect(found(['a-b', 'a_b'], {a_b: 1, 'a-b': 2})).toEqual({byParameter: {a_b: 1, 'a-b': 2}, rest: []});
    expect(found(['input.1', '0'], {arg_0: 1, 'input.1': 2})).toEqual({
      byParameter: {'0': 1, 'input.1': 2},
      rest: [],
    });
  });

  it('stand for nothing where they may be several or are there twice', () => {
    expect(found(['a-b', 'a_b'], {'a.b': 1})).toEqual({byParameter: {}, rest: ['a.b']});
    expect(found(['a-b', 'a_b'], {'a-b': 1, 'a.b': 2})).toEqual({
      byParameter: {'a-b': 1, a_b: 2},
      rest: [],
    });
    expect(found(['input.1'], {input_1: 1, 'input.1': 2})).toEqual({
      byParameter: {'input.1': 2},
      rest: ['input_1'],
    });
  });

  it('are own properties, whatever they are called', () => {
    expect(matchNames(['toString', '__proto__'], {}).byParameter.size).toBe(0);
    const given = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, unknown>;
    const {byParameter} = matchNames(['__proto__', 'constructor'], given);
    expect([...byParameter]).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(parameterNamed(['__proto__'], 'arg___proto__')).toBe('__proto__');
  });
});
