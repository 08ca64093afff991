/**
 * Which variables a session has as constants: all of them, until somebody assigns one.
 *
 * @module
 */

import type {Variable} from '../ops/variable/variable.js';

/** A variable as a session holds it. */
export interface Frozen {
  readonly variable: Variable;
  readonly state: object;
}

/** By variable; undefined for those that are fed. */
export type FrozenVariables = readonly (Frozen | undefined)[];

/** Variables become constants of the session again when they have not changed for so many calls, twice as many each time. */
const CALLS_UNCHANGED = 8;

/** A session, made again whenever other variables are to be its constants. */
export class FrozenSession<S> {
  readonly #make: (frozen: FrozenVariables) => S;
  readonly #dispose: (session: S) => void;
  #session: {readonly session: S; readonly frozen: FrozenVariables} | undefined;
  #fed: object[] = [];
  #unchanged = 0;
  #patience = CALLS_UNCHANGED;

  constructor(make: (frozen: FrozenVariables) => S, dispose: (session: S) => void) {
    this.#make = make;
    this.#dispose = dispose;
  }

  /** The session for variables as they are now, and which of them it is not to be fed. */
  ready(variables: readonly Variable[]): {readonly session: S; readonly frozen: FrozenVariables} {
    if (this.#session === undefined) return this.#remake(variables.map(frozenNow));
    const isCurrent = (frozen: Frozen | undefined, i: number) =>
      frozen === undefined || (frozen.variable === variables[i] && frozen.state === variables[i]!.state);
    const {frozen} = this.#session;
    if (!frozen.every(isCurrent)) {
      this.#unchanged = 0;
      this.#patience *= 2;
      return this.#remake(
        frozen.map((each, i) => (isCurrent(each, i) ? each : undefined)),
        variables,
      );
    }
    if (frozen.includes(undefined)) {
      const states = variables.map(({state}) => state);
      this.#unchanged = states.every((state, i) => state === this.#fed[i]) ? this.#unchanged + 1 : 0;
      this.#fed = states;
      if (this.#unchanged >= this.#patience) return this.#remake(variables.map(frozenNow));
    }
    return this.#session;
  }

  #remake(frozen: FrozenVariables, variables?: readonly Variable[]): {session: S; frozen: FrozenVariables} {
    this.dispose();
    this.#fed = variables?.map(({state}) => state) ?? [];
    const made = {session: this.#make(frozen), frozen};
    this.#session = made;
    return made;
  }

  dispose(): void {
    if (this.#session !== undefined) this.#dispose(this.#session.session);
    this.#session = undefined;
  }
}

const frozenNow = (variable: Variable): Frozen => ({variable, state: variable.state});
