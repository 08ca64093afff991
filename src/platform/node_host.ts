/**
 * A small server that speaks the hosting protocol, for the models under one directory.
 *
 * - `/<path>` and `/<path>/<version>`: with `?tf-hub-format=compressed` the model's archive, with
 *   `?tf-hub-format=uncompressed` status 303 and the model's `gs://` location, else a line about the model.
 * - `/storage/v1/b/<bucket>/o`: as much of Cloud Storage's JSON API as it takes to read that location from here.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HubError} from '../errors.js';
import {printableLines} from '../printable.js';
import {type ArchiveStore, archiveStore, type ByteSource, fileSource} from './node_archive.js';
import {LOOPBACK, ownNames} from './node_host_names.js';
import {ChangedFile, type HostedFile, type HostedModel, ModelTree, UnservableModel} from './node_tree.js';

export interface HostOptions {
  /** Every SavedModel under it is served, and nothing else. */
  readonly directory: string;
  /** Default: 0, any free one. */
  readonly port?: number;
  /** The address to listen on. Default: `127.0.0.1`, this machine alone. */
  readonly host?: string;
  /** Compress archives, which takes room for them in the temporary directory. Default: false. */
  readonly gzip?: boolean;
  /** The bucket named in the answers to requests for the uncompressed model. Default: `tfhub`. */
  readonly bucket?: string;
  /**
   * Let pages of any origin read what is served, by cross-origin requests. Default: false; programs do not need it, and
   * whoever browses the web on this machine may run pages that look for local servers.
   */
  readonly cors?: boolean;
  /**
   * More names that this server goes by, besides those of this machine, where it listens on this machine alone: a
   * request for another `Host` comes from a page whose name was made to lead here.
   */
  readonly allowedHosts?: readonly string[];
  /** Called after each request; `bytes` are those of the body that were sent. */
  readonly onRequest?: (request: {method: string; url: string; status: number; bytes: number}) => void;
}

export interface Host {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Whatever a request is answered with. */
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ByteSource;
}

interface Context {
  readonly tree: ModelTree;
  readonly archives: ArchiveStore;
  readonly bucket: string;
  readonly cors: boolean;
  /** Whether a request's `Host` header names this server. */
  readonly isOwnName: (host: string | undefined) => boolean;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'accept-ranges, content-length, content-range, etag, last-modified, x-goog-hash',
};

const PREFLIGHT: Reply = {
  status: 204,
  headers: {
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': 'range, if-range, if-none-match',
    'access-control-max-age': '86400',
  },
};

/** Serves the models under a directory until `close` is called. */
export async function hostModels(options: HostOptions): Promise<Host> {
  const context: Context = {
    tree: await ModelTree.open(options.directory),
    archives: archiveStore({gzip: options.gzip ?? false}),
    bucket: options.bucket ?? 'tfhub',
    cors: options.cors ?? false,
    isOwnName: ownNames(options.host ?? LOOPBACK, options.allowedHosts ?? []),
  };
  const server = createServer((request, response) => {
    const {method = '', url = ''} = request;
    let bytes = 0;
    const count = (sent: number) => {
      bytes += sent;
    };
    response.on('close', () => options.onRequest?.({method, url, status: response.statusCode, bytes}));
    answer(context, request)
      .catch(failure)
      .then((reply) => send(request, response, withOrigin(context, reply), count))
      // A reader that went away, or a file that changed under it: either way the connection is of no more use.
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new HubError(`Cannot listen: ${cause.message}.`, {cause})));
    server.listen(options.port ?? 0, options.host ?? LOOPBACK, resolve);
  });
  const {address, family, port} = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await context.archives.close();
    },
  };
}

async function answer(context: Context, request: IncomingMessage): Promise<Reply> {
  if (!context.isOwnName(request.headers.host)) {
    return text(403, 'This server does not go by that name. If it should: tfhub host --allow-host NAME.');
  }
  if (context.cors && request.method === 'OPTIONS') return PREFLIGHT;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const allow = context.cors ? 'GET, HEAD, OPTIONS' : 'GET, HEAD';
    return {...text(405, 'Only GET and HEAD are answered.'), headers: {allow}};
  }
  const target = `http://host${request.url}`;
  const segments = URL.canParse(target) ? pathSegments(request.url!.replace(/[?#].*$/s, '')) : null;
  if (!segments) return text(400, 'The path of this request is malformed.');
  const {searchParams} = new URL(target);
  if (segments[0] === 'storage' && segments[1] === 'v1')
    return answerStorage(context, segments.slice(2), searchParams);
  if (segments.length === 0) return listing(context);
  if (segments.some((name) => name.includes('/'))) return text(400, 'A name in this path has a slash in it.');
  const model = await context.tree.find(segments);
  if (!model) return text(404, `There is no model at /${segments.join('/')}.`);
  const format = searchParams.getAll('tf-hub-format').at(-1) ?? '';
  const reply = FORMATS.get(format);
  return reply ? reply(context, model) : text(400, `'${format}' is no format: compressed or uncompressed.`);
}

type Answer = (context: Context, model: HostedModel) => Reply | Promise<Reply>;

/** By the value of `tf-hub-format`. */
const FORMATS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  [
    '',
    (_, {path, files}) => {
      const bytes = files.reduce((sum, {size}) => sum + size, 0);
      return text(
        200,
        `SavedModel ${path}: ${files.length} files, ${bytes} bytes. Load it with this URL as its handle.`,
      );
    },
  ],
  ['compressed', async ({archives}, model) => ({status: 200, body: await archives.archiveOf(model)})],
  // Without a Location header: clients take the place from the body.
  ['uncompressed', ({bucket}, {path}) => text(303, `gs://${bucket}/${path}`)],
]);

/** What is said where there is no answer. */
function failure(error: unknown): Reply {
  // Another try may meet the model as it is then; what cannot be served stays so, which only a 4xx says.
  if (error instanceof ChangedFile) return {...text(503, error.message), headers: {'retry-after': '1'}};
  if (error instanceof UnservableModel) return text(422, error.message);
  console.error(printableLines(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return text(500, 'The server failed.');
}

async function listing({tree}: Context): Promise<Reply> {
  const models = (await tree.models()).map((path) => `/${path}`);
  return json({models});
}

/** `b/<bucket>/o` lists, `b/<bucket>/o/<object>` reads. */
async function answerStorage(
  context: Context,
  path: readonly string[],
  query: URLSearchParams,
): Promise<Reply> {
  const [b, bucket, o, ...object] = path;
  if (b !== 'b' || o !== 'o' || bucket !== context.bucket) return text(404, 'There is no such bucket.');
  if (object.length === 0) return listObjects(context, query);
  const file = await context.tree.file(object.join('/').split('/'));
  const generation = query.get('generation');
  if (!file || (generation !== null && generation !== generationOf(file))) {
    return text(404, 'There is no such object.');
  }
  return query.get('alt') === 'media' ? {status: 200, body: fileSource(file)} : json(resource(file));
}

async function listObjects({tree}: Context, query: URLSearchParams): Promise<Reply> {
  const prefix = query.get('prefix') ?? '';
  const limit = Math.min(Math.max(Number(query.get('maxResults') ?? 1000) || 1000, 1), 1000);
  const after = query.get('pageToken') ?? '';
  const all = (await tree.filesUnder(prefix)).filter(({path}) => path > after);
  const page = all.slice(0, limit);
  const more = all.length > limit ? {nextPageToken: page.at(-1)!.path} : {};
  return json({kind: 'storage#objects', items: page.map(resource), ...more});
}

function resource(file: HostedFile) {
  return {name: file.path, size: String(file.size), generation: generationOf(file)};
}

function generationOf({modified}: HostedFile): string {
  return String(Math.round(modified * 1000));
}

function text(status: number, body: string): Reply {
  return {status, body, headers: {'content-type': 'text/plain; charset=utf-8'}};
}

function json(value: unknown): Reply {
  return {status: 200, body: JSON.stringify(value), headers: {'content-type': 'application/json'}};
}

/** The names along a URL's path; null where one of them is none. */
function pathSegments(path: string): string[] | null {
  try {
    const segments = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    // Objects in a bucket have their slashes encoded; as a part of a path of files, each is checked again there.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    return segments.some((part) => part === '.' || part === '..' || /[\\\x00-\x1f]/.test(part))
      ? null
      : segments;
  } catch {
    return null;
  }
}

function withOrigin({cors}: Context, reply: Reply): Reply {
  return cors ? {...reply, headers: {...CORS, ...reply.headers}} : reply;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  count: (bytes: number) => void,
): Promise<void> {
  const {body = ''} = reply;
  if (typeof body !== 'string') return sendSource(request, response, body, reply.headers ?? {}, count);
  response.writeHead(reply.status, {'content-length': Buffer.byteLength(body), ...reply.headers});
  if (request.method !== 'HEAD') count(Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Sends bytes, or the range of them that was asked for (RFC 9110, section 14). */
async function sendSource(
  request: IncomingMessage,
  response: ServerResponse,
  source: ByteSource,
  more: Readonly<Record<string, string>>,
  count: (bytes: number) => void,
): Promise<void> {
  const etag = `"${createHash('sha1').update(source.identity).digest('hex')}"`;
  const headers = {
    ...more,
    'accept-ranges': 'bytes',
    'content-type': source.type,
    etag,
    'last-modified': new Date(source.modified).toUTCString(),
  };
  if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const ifRange = request.headers['if-range'];
  const isSame = ifRange === undefined || ifRange === etag || ifRange === headers['last-modified'];
  const range = isSame ? parseRange(request.headers.range, source.size) : null;
  if (range === 'unsatisfiable') {
    response.writeHead(416, {...headers, 'content-range': `bytes */${source.size}`}).end();
    return;
  }
  const {from, to} = range ?? {from: 0, to: source.size};
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': to - from,
    ...(range ? {'content-range': `bytes ${from}-${to - 1}/${source.size}`} : {}),
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(Readable.from(counted(source.read(from, to), count), {objectMode: false}), response);
}

async function* counted(chunks: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const chunk of chunks) {
    yield chunk;
    count(chunk.length);
  }
}

/** One range; several at once, and what is malformed, count as none. */
function parseRange(
  header: string | undefined,
  size: number,
): {from: number; to: number} | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < from) return null;
  return from < to ? {from, to} : 'unsatisfiable';
}
