/**
 * The names that a server on this machine goes by. A page of the web can have its own name lead to this machine (DNS
 * rebinding) and then reads what is served here as if it came from its own server; only the `Host` of its requests tells.
 *
 * @module
 */

import {isIPv4, isIPv6} from 'node:net';

/** Where a server listens that is for this machine alone. */
export const LOOPBACK = '127.0.0.1';

/**
 * Whether a request's `Host` names the server. One that listens to the network cannot know all of its names and takes
 * any, unless it is told which.
 *
 * @param address - what it listens on
 */
export function ownNames(address: string, allowed: readonly string[]): (host: string | undefined) => boolean {
  if (!isLoopback(address) && allowed.length === 0) return () => true;
  const names = new Set([address, ...allowed].map((name) => nameOf(name) ?? name.toLowerCase()));
  return (host) => {
    // A request without it is none of a browser.
    if (host === undefined) return true;
    const name = nameOf(host);
    return name !== null && (isLoopback(name) || names.has(name));
  };
}

/** Names that lead to this machine wherever they are looked up (RFC 6761, section 6.3). */
function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIPv4(name) ? name.startsWith('127.') : isIPv6(name) && /^(0*:)*:?0*1$/.test(name);
}

/** A `Host` header's name as URLs write it, without port and brackets. */
function nameOf(host: string): string | null {
  const bare = isIPv6(host) ? `[${host}]` : host;
  if (!URL.canParse(`http://${bare}`)) return null;
  return new URL(`http://${bare}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
