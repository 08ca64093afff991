/**
 * tensorflow-hub in browsers.
 *
 * @module
 */

import './platform/browser.js';
import './platform/browser_hub.js';

export * from './api.js';
