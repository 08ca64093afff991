/**
 * tensorflow-hub in Node.
 *
 * @module
 */

import './platform/node.js';
import './platform/node_hub.js';

export * from './api.js';
export {localDirectory} from './platform/node.js';
