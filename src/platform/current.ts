/**
 * The platform in use. A package entry point sets its own; until then the portable one serves.
 *
 * @module
 */

import {portableCrc32c} from './crc32c.js';
import type {Platform} from './platform.js';

let current: Platform = {crc32c: portableCrc32c};

export function setPlatform(platform: Platform): void {
  current = platform;
}

export function getPlatform(): Platform {
  return current;
}
