/**
 * Servers that write their answers to the socket byte by byte, in the manners that servers have, good and bad.
 *
 * @module
 */

import {type AddressInfo, createServer, type Socket} from 'node:net';

/** Answers one request on a connection. `connection` counts the connections so far, from 0. */
export type RawAnswer = (socket: Socket, body: Uint8Array, connection: number) => unknown;

export interface RawServer {
  readonly url: string;
  readonly connections: () => number;
  readonly requests: () => number;
  /** Bytes that left for clients, headers included. */
  readonly sent: () => number;
  close(): Promise<void>;
}

/** Serves `body` on every path, as `answer` does it. */
export async function startRawServer(body: Uint8Array, answer: RawAnswer): Promise<RawServer> {
  const open = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  let sent = 0;
  const server = createServer({noDelay: true}, (socket) => {
    const connection = connections++;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sent += socket.bytesWritten;
      open.delete(socket);
    });
    let asked = '';
    socket.on('data', (data) => {
      asked += data.toString('latin1');
      while (asked.includes('\r\n\r\n')) {
        asked = asked.slice(asked.indexOf('\r\n\r\n') + 4);
        requests++;
        void answer(socket, body, connection);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    requests: () => requests,
    sent: () => [...open].reduce((sum, socket) => sum + socket.bytesWritten, sent),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes, and waits until the bytes are on their way or the connection is gone. */
export function written(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });
}

export interface Manner {
  readonly answer: RawAnswer;
  /** Matches the error that the download ends in; without it, it ends in the model. */
  readonly error?: RegExp;
  /** Serve a model of a few kilobytes, for each of its bytes costs a packet. */
  readonly small?: true;
  /** How many requests it takes at most. */
  readonly requests?: number;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const lengthOf = ({length}: Uint8Array) => `Content-Length: ${length}\r\n`;
const half = (body: Uint8Array) => body.subarray(0, body.length >> 1);

async function chunked(socket: Socket, body: Uint8Array): Promise<void> {
  for (let offset = 0, size = 1; offset < body.length; offset += size, size = (size * 7) % 9973) {
    const chunk = body.subarray(offset, offset + size);
    await written(socket, `${chunk.length.toString(16)}\r\n`);
    await written(socket, chunk);
    await written(socket, '\r\n');
  }
}

/** By what the server does. */
export const MANNERS: Readonly<Record<string, Manner>> = {
  'speaks HTTP/1.0': {
    answer: (socket, body) => {
      socket.write('HTTP/1.0 200 OK\r\nServer: SimpleHTTP/0.6\r\n\r\n');
      socket.end(body);
    },
  },
  'speaks HTTP/1.0 and tells the length': {
    answer: (socket, body) => {
      socket.write(`HTTP/1.0 200 OK\r\n${lengthOf(body)}\r\n`);
      socket.end(body);
    },
  },
  'closes, and tells no length': {
    answer: (socket, body) => {
      socket.write(`${OK}Connection: close\r\n\r\n`);
      socket.end(body);
    },
  },
  'closes, and tells the length': {
    answer: (socket, body) => {
      socket.write(`${OK}Connection: close\r\n${lengthOf(body)}\r\n`);
      socket.end(body);
    },
  },
  'sends chunks': {
    answer: async (socket, body) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      await chunked(socket, body);
      socket.write('0\r\nX-Trailer: yes\r\n\r\n');
    },
  },
  'sends chunks and closes': {
    answer: async (socket, body) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`);
      await chunked(socket, body);
      socket.end('0\r\n\r\n');
    },
  },
  'sends one byte at a time': {
    small: true,
    answer: async (socket, body) => {
      for (const byte of Buffer.from(`${OK}${lengthOf(body)}\r\n`)) await written(socket, Buffer.of(byte));
      for (const byte of body) await written(socket, Buffer.of(byte));
    },
  },
  'resets the first connection in the middle': {
    answer: async (socket, body, connection) => {
      await written(socket, `${OK}${lengthOf(body)}\r\n`);
      await written(socket, connection === 0 ? half(body) : body);
      if (connection === 0) socket.resetAndDestroy();
    },
  },
  'resets every connection in the middle': {
    error: /DownloadError: .*(broke the connection|connection broke|ended at byte)/,
    answer: async (socket, body) => {
      await written(socket, `${OK}${lengthOf(body)}\r\n`);
      await written(socket, half(body));
      socket.resetAndDestroy();
    },
  },
  'closes before the length is reached': {
    error: /DownloadError: .*(broke the connection|connection broke|ended at byte)/,
    answer: (socket, body) => {
      socket.write(`${OK}${lengthOf(body)}\r\n`);
      socket.end(half(body));
    },
  },
  'closes between two chunks': {
    error: /DownloadError: .*(broke the connection|connection broke|ended at byte)/,
    answer: async (socket, body) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      await chunked(socket, half(body));
      socket.end();
    },
  },
  'closes in the middle of a file, and told no length': {
    error: /FormatError: .*truncated/,
    requests: 1,
    answer: (socket, body) => {
      socket.write(`${OK}Connection: close\r\n\r\n`);
      socket.end(half(body));
    },
  },
  'announces itself before it answers': {
    answer: (socket, body) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
      socket.write(`${OK}${lengthOf(body)}\r\n`);
      socket.write(body);
    },
  },
  'goes on talking behind its answer': {
    answer: (socket, body) => {
      socket.write(`${OK}${lengthOf(body)}\r\n`);
      socket.write(Buffer.concat([body, Buffer.from('\r\n\r\nand another thing')]));
    },
  },
  'sends a second answer that nobody asked for': {
    answer: (socket, body) => {
      const answer = Buffer.concat([Buffer.from(`${OK}${lengthOf(body)}\r\n`), body]);
      socket.write(Buffer.concat([answer, answer]));
    },
  },
  'sends a malformed header': {
    error: /(Download|Network)Error: .*not HTTP/,
    requests: 1,
    answer: (socket, body) => {
      socket.write(`${OK}Content Length: ${body.length}\r\n\r\n`);
      socket.end(body);
    },
  },
  'sends a chunk of a malformed size': {
    error: /(Download|Network)Error: .*not HTTP/,
    requests: 1,
    answer: (socket, body) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      socket.end(Buffer.concat([Buffer.from('zz\r\n'), body]));
    },
  },
  'speaks another protocol': {
    error: /(Download|Network)Error: .*not HTTP/,
    requests: 1,
    answer: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  },
  'changes to another protocol': {
    error: /(Download|Network)Error: .*another protocol/,
    requests: 1,
    answer: (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
  },
  'closes without a word': {
    error: /(Download|Network)Error: .*broke the connection/,
    answer: (socket) => socket.end(),
  },
};
