/** Tests of Kaggle models: names, versions, credentials, kagglehub's cache, and what refusals say. */

import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import '../platform/node.js';
import '../platform/node_hub.js';
import {DownloadError, HandleError} from '../errors.js';
import {getHubServices} from '../platform/services.js';
import {statusError} from './failures.js';
import {kaggleHeaders} from './kaggle.js';
import {settle} from './options.js';
import {resolve} from './resolver.js';
import {digests, readDigests} from './testing/digests.js';
import {afterThis, archiveOf, MODEL_FILES, temporaryDirectory, writeModel} from './testing/fixtures.js';
import {faulty, startServer, status, type TestServer} from './testing/server.js';

const NAME = 'google/nnlm/tensorFlow2/en-dim50';
const MODELS = `/api/v1/models/${NAME}`;

let home: string;
let cacheDir: string;
let kaggle: TestServer;

beforeEach(async () => {
  home = await temporaryDirectory();
  cacheDir = path.join(home, 'tfhub');
  for (const name of ['KAGGLE_USERNAME', 'KAGGLE_KEY', 'KAGGLE_API_TOKEN', 'TFHUB_MODEL_LOAD_FORMAT']) {
    vi.stubEnv(name, '');
  }
  vi.stubEnv('KAGGLE_CONFIG_DIR', path.join(home, '.kaggle'));
  vi.stubEnv('KAGGLEHUB_CACHE', path.join(home, 'kagglehub'));
  const storage = await startServer(faulty(archiveOf()));
  kaggle = await startServer((request, response) => {
    const routes: Record<string, () => void> = {
      [`${MODELS}/get`]: () =>
        status(200, {'content-type': 'application/json'}, '{"versionNumber": 3}')(request, response),
      [`${MODELS}/3/download`]: () => status(302, {location: `${storage.url}/stored`})(request, response),
      [`${MODELS}/2/download`]: () => faulty(archiveOf())(request, response),
    };
    const route = routes[request.url!];
    if (route) route();
    else
      status(
        404,
        {'content-type': 'application/json'},
        '{"code": 404, "message": "Not found"}',
      )(request, response);
  });
  vi.stubEnv('KAGGLE_API_ENDPOINT', kaggle.url);
  afterThis(async () => {
    vi.unstubAllEnvs();
    await Promise.all([kaggle.close(), storage.close()]);
    expect(storage.requests.every(({headers}) => headers.authorization === undefined)).toBe(true);
  });
});

/** A model as kagglehub leaves it. */
async function putIntoKagglehub(version: number, complete = true, framework = 'tensorFlow2') {
  const folder = path.join(home, 'kagglehub/models/google/nnlm', framework, 'en-dim50');
  await writeModel(path.join(folder, String(version)));
  if (complete) await writeFile(path.join(folder, `${version}.complete`), '');
  return path.join(folder, String(version));
}

describe('the short form', () => {
  it('is downloaded through the API, in the newest version, and is cached under its page', async () => {
    vi.stubEnv('KAGGLE_USERNAME', 'me');
    vi.stubEnv('KAGGLE_KEY', 'key');
    const model = await resolve(NAME, {cacheDir});
    expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
    expect(kaggle.requests.map(({url}) => url)).toEqual([`${MODELS}/get`, `${MODELS}/3/download`]);
    expect(kaggle.requests.every(({headers}) => headers.authorization === `Basic ${btoa('me:key')}`)).toBe(
      true,
    );
    const page = await resolve(`https://www.kaggle.com/models/${NAME}/3`, {cacheDir});
    expect(page).toMatchObject({path: model.path, fromCache: true});
  });

  it('takes a version, and the prefix kaggle:', async () => {
    const model = await resolve(`kaggle:${NAME}/2`, {cacheDir});
    expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
    expect(kaggle.requests.map(({url}) => url)).toEqual([`${MODELS}/2/download`]);
    expect(await resolve(`${NAME}/2`, {cacheDir})).toMatchObject({path: model.path, fromCache: true});
  });

  it('yields to a path of that name', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(home);
    await mkdir(path.join(home, NAME), {recursive: true});
    expect((await resolve(NAME, {cacheDir})).path).toBe(path.join(home, NAME));
    vi.restoreAllMocks();
  });

  it('says what it could not find', async () => {
    await expect(resolve('google/nothing/tensorFlow2/x/1', {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /404.*Not found/,
    );
  });
});

describe('the cache of kagglehub', () => {
  it('is used where it has the model whole', async () => {
    const whole = await putIntoKagglehub(3);
    expect(await resolve(NAME, {cacheDir})).toMatchObject({path: whole, fromCache: true});
    expect(
      await resolve(`https://www.kaggle.com/models/google/nnlm/TensorFlow2/en-dim50/3`, {cacheDir}),
    ).toMatchObject({
      path: whole,
    });
    expect(kaggle.requests.map(({url}) => url)).toEqual([`${MODELS}/get`]);
  });

  it('is not used where the model is not complete', async () => {
    const half = await putIntoKagglehub(2, false);
    expect((await resolve(`${NAME}/2`, {cacheDir})).path).not.toBe(half);
  });

  it('serves while Kaggle cannot be reached', async () => {
    await putIntoKagglehub(1);
    const kept = await putIntoKagglehub(2);
    await putIntoKagglehub(4, false);
    const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const gone = await startServer(status(200));
    await gone.close();
    expect((await resolve(NAME, {cacheDir, kaggleEndpoint: gone.url, retries: 0})).path).toBe(kept);
    expect(said).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });
});

describe('credentials', () => {
  const headersAt = async (url: string) => kaggleHeaders(settle({}, getHubServices()))(new URL(url));

  it('come from the environment, else from kaggle.json', async () => {
    expect(await headersAt('https://www.kaggle.com/x')).toEqual({});
    await mkdir(path.join(home, '.kaggle'));
    await writeFile(path.join(home, '.kaggle/kaggle.json'), '{"username": "you", "key": "k"}');
    expect(await headersAt('https://www.kaggle.com/x')).toEqual({authorization: `Basic ${btoa('you:k')}`});
    vi.stubEnv('KAGGLE_USERNAME', 'me');
    vi.stubEnv('KAGGLE_KEY', 'key');
    expect(await headersAt('https://www.kaggle.com/x')).toEqual({authorization: `Basic ${btoa('me:key')}`});
    vi.stubEnv('KAGGLE_API_TOKEN', 'token');
    expect(await headersAt('https://www.kaggle.com/x')).toEqual({authorization: 'Bearer token'});
  });

  it('go to Kaggle alone, and only over a protected connection', async () => {
    vi.stubEnv('KAGGLE_API_ENDPOINT', '');
    vi.stubEnv('KAGGLE_API_TOKEN', 'token');
    for (const url of ['https://kaggle.com/a', 'https://www.kaggle.com/a', 'https://api.kaggle.com/a']) {
      expect(await headersAt(url)).toEqual({authorization: 'Bearer token'});
    }
    for (const url of [
      'http://www.kaggle.com/a',
      'https://www.kaggle.com:8443/a',
      'https://www.kaggle.com.evil.test/a',
      'https://evilkaggle.com/a',
      'https://storage.googleapis.com/kaggle.com',
      'https://tfhub.dev/a',
    ]) {
      expect(await headersAt(url), url).toEqual({});
    }
  });

  it.each([
    ['{"user": "you"}', /kaggle\.json does not hold Kaggle credentials/],
    ['{"username": "yo', /kaggle\.json does not hold Kaggle credentials/],
    ['null', /kaggle\.json does not hold Kaggle credentials/],
  ])(
    'that cannot be read (%j) are said to be so where Kaggle is asked, and nowhere else',
    async (text, words) => {
      const file = path.join(home, '.kaggle/kaggle.json');
      await mkdir(text === null ? file : path.dirname(file), {recursive: true});
      if (text !== null) await writeFile(file, text);
      const error = await resolve(NAME, {cacheDir}).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(HandleError);
      expect(error.message).toMatch(words);
      expect(kaggle.requests).toHaveLength(0);
      const other = await startServer(faulty(archiveOf()));
      afterThis(() => other.close());
      const model = await resolve(`${other.url}/model`, {cacheDir});
      expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
      await expect(headersAt('https://tfhub.dev/a')).resolves.toEqual({});
    },
  );

  it('that belong to somebody else are said to be unreadable', async () => {
    const services = getHubServices();
    const readText = async () => {
      throw new Error('EACCES: permission denied');
    };
    const headersFor = kaggleHeaders(settle({}, {...services, files: {...services.files!, readText}}));
    const error = await Promise.resolve(headersFor(new URL('https://www.kaggle.com/x'))).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(HandleError);
    expect(error.message).toMatch(/kaggle\.json, which holds credentials for Kaggle, cannot be read: EACCES/);
  });

  it('are looked for when another host leads to Kaggle', async () => {
    const other = await startServer(status(302, {location: `${kaggle.url}${MODELS}/2/download`}));
    afterThis(() => other.close());
    vi.stubEnv('KAGGLE_API_TOKEN', 'token');
    await resolve(`${other.url}/model`, {cacheDir});
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
    expect(kaggle.requests[0]!.headers.authorization).toBe('Bearer token');
  });

  it('do not help where the answer names no version', async () => {
    const odd = await startServer(status(200, {'content-type': 'application/json'}, 'null'));
    afterThis(() => odd.close());
    await expect(resolve(NAME, {cacheDir, kaggleEndpoint: odd.url})).rejects.toThrowWithMessage(
      DownloadError,
      /does not say which version/,
    );
  });
});

describe('refusals', () => {
  const url = 'https://www.kaggle.com/models/google/gemma/tensorFlow2/2b/1?tf-hub-format=compressed';

  it.each([
    [401, /KAGGLE_USERNAME and KAGGLE_KEY/],
    [403, /consent: open https:\/\/www\.kaggle\.com\/models\/google\/gemma, sign in.*KAGGLE_KEY/],
    [404, /no such model, or no such version.*https:\/\/www\.kaggle\.com\/models\/google\/gemma/],
  ])('%i says what to do', (code, words) => {
    expect(statusError(code, url, '', null).message).toMatch(words);
    expect(statusError(code, url, '', null).message).toContain('the model google/gemma');
  });

  it('of the API name the page, too', () => {
    const api = 'https://www.kaggle.com/api/v1/models/google/gemma/tensorFlow2/2b/1/download';
    expect(statusError(403, api, 'Accept the licence.', null).message).toMatch(
      /open https:\/\/www\.kaggle\.com\/models\/google\/gemma,.*The server said: Accept the licence\./,
    );
  });
});
