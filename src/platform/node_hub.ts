/**
 * What resolving handles asks of Node. Importing this module puts it to use.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import {Duplex} from 'node:stream';
import {createDeflate, createGunzip, createGzip, createInflate} from 'node:zlib';
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
  gunzip: () => transform(createGunzip({chunkSize: ZLIB_CHUNK})),
  inflate: () => transform(createInflate({chunkSize: ZLIB_CHUNK})),
  compress: (format) => transform((format === 'gzip' ? createGzip : createDeflate)({chunkSize: ZLIB_CHUNK})),
  sha1: async (text) => createHash('sha1').update(text, 'utf8').digest('hex'),
  sha256() {
    const hash = createHash('sha256');
    return {update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest())};
  },
  showProgress: nodeProgress,
};

const ZLIB_CHUNK = 1 << 18;

const transform = (stream: Duplex) => Duplex.toWeb(stream) as Transform<Uint8Array>;

setHubServices(nodeHub);
