/**
 * What resolving handles asks of Node. Importing this module puts it to use.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import {Duplex} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {nodeFiles} from './node_files.js';
import {nodeHttp} from './node_http.js';
import {nodeProgress} from './node_progress.js';
import {type HubServices, setHubServices, type Transform} from './services.js';

export const nodeHub: HubServices = {
  environment: (name) => process.env[name],
  http: nodeHttp,
  files: nodeFiles,
  browserCache: async () => null,
  directoryOf: async () => null,
  // The web's DecompressionStream does the same in pieces of 16 KiB, at less than half the speed.
  gunzip: () => Duplex.toWeb(createGunzip({chunkSize: 1 << 18})) as Transform<Uint8Array>,
  sha1: async (text) => createHash('sha1').update(text, 'utf8').digest('hex'),
  sha256() {
    const hash = createHash('sha256');
    return {update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest())};
  },
  showProgress: nodeProgress,
};

setHubServices(nodeHub);
