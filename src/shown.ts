/**
 * Handles and addresses as they may be shown and written down: without what they may hold in secret.
 *
 * @module
 */

/** How an address begins, also where it is written carelessly; a URL parser takes these for one, too. */
const ADDRESS = /^\s*(?:(?:https?|gs|kaggle):[\\/]*|[a-z][a-z0-9+.-]+:\/\/)/i;

/**
 * A handle or URL as messages, progress and files show it: where it is and nothing more. A user name, a password, a query
 * and a fragment are left out, for any of them may be a key: whoever has a signed URL has what it opens. Paths of this
 * machine stay as they are.
 */
export function shownHandle(handle: string): string {
  const start = ADDRESS.exec(handle)?.[0];
  if (start === undefined) return handle;
  // Nobody can tell where the password ends in what is no address.
  if (!URL.canParse(handle)) return `${start.trim()}…`;
  const place = handle.slice(start.length).replace(/[?#].*$/s, '');
  return start.trim() + place.replace(/^[^/\\]*@/, '');
}

/** Too short to be a key, and perhaps a word of the text. */
const SHORTEST_SECRET = 6;

/** A server's own words about a request to `address`, without what the address holds in secret. */
export function withoutSecrets(text: string, address: string): string {
  const {username, password, search, hash, searchParams} = new URL(address);
  const pairs = [search, hash].flatMap((part) => part.slice(1).split('&'));
  const values = [
    username,
    password,
    ...pairs.map((pair) => pair.replace(/^[^=]*=/, '')),
    ...searchParams.values(),
  ];
  const secrets = [
    search.slice(1),
    hash.slice(1),
    ...pairs.filter((pair) => pair.includes('=')),
    ...values.filter((value) => value.length >= SHORTEST_SECRET),
  ];
  return [...new Set(secrets)]
    .filter((secret) => secret !== '' && !/^(?:tf-hub-format=)?(?:un)?compressed$/.test(secret))
    .sort((a, b) => b.length - a.length)
    .reduce(
      (rest, secret) => rest.replaceAll(secret, '…'),
      text.replace(/[a-z][a-z0-9+.-]+:\/\/[^\s"'<>]+/gi, shownHandle),
    );
}
