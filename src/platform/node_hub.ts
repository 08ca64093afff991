/**
 * What resolving handles asks of Node. Importing this module puts it to use.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import {nodeFiles} from './node_files.js';
import {nodeHttp} from './node_http.js';
import {nodeProgress} from './node_progress.js';
import {type HubServices, setHubServices} from './services.js';

export const nodeHub: HubServices = {
  environment: (name) => process.env[name],
  http: nodeHttp,
  files: nodeFiles,
  browserCache: async () => null,
  directoryOf: () => null,
  sha1: async (text) => createHash('sha1').update(text, 'utf8').digest('hex'),
  showProgress: nodeProgress,
};

setHubServices(nodeHub);
