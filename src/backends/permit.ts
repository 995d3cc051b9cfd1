declare const grantBrand: unique symbol;

/**
 * The right to open a connection to one origin beyond loopback. Only routing/privacyPolicy.ts makes one (the walls test
 * holds that), and backends/http.ts holds it against the URL that it is about to open.
 */
export interface NetworkGrant {
  readonly [grantBrand]: true;
  /** scheme://host:port */
  readonly origin: string;
}

export function grantNetwork(origin: string): NetworkGrant {
  return { origin: new URL(origin).origin } as NetworkGrant;
}

export type Locality = 'loopback' | 'lan' | 'remote';

/** Where an address points, by its text alone: names other than localhost count as remote until resolved. */
export function localityOf(url: URL): Locality {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1' || isLoopbackV4(host)) return 'loopback';
  return isPrivateAddress(host) ? 'lan' : 'remote';
}

/** For an address that a lookup gave. */
export function isLoopbackAddress(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || isLoopbackV4(plain);
}

/** This machine or a network of its own kind: nobody on the internet stands in between. */
export function isLocalAddress(address: string): boolean {
  return isLoopbackAddress(address) || isPrivateAddress(plainAddress(address));
}

/** IPv4 addresses also come written as IPv6. */
function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

function isLoopbackV4(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host);
}

/** RFC 1918, RFC 4193 (fc00::/7), link-local, and RFC 6598 (100.64.0.0/10), in which private overlay networks live. */
function isPrivateAddress(host: string): boolean {
  return (
    /^10(\.\d{1,3}){3}$/.test(host) ||
    /^192\.168(\.\d{1,3}){2}$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(host) ||
    /^169\.254(\.\d{1,3}){2}$/.test(host) ||
    /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])(\.\d{1,3}){2}$/.test(host) ||
    /^f[cd][0-9a-f]{2}:/.test(host) ||
    /^fe[89ab][0-9a-f]:/.test(host)
  );
}
