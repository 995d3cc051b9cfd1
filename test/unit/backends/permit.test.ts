import { expect, it } from 'vitest';
import { isLocalAddress, isLoopbackAddress, type Locality, localityOf } from '../../../src/backends/permit.ts';

const LOCALITIES: readonly (readonly [string, Locality])[] = [
  ['http://localhost:11434', 'loopback'],
  ['http://LOCALHOST', 'loopback'],
  ['http://ollama.localhost', 'loopback'],
  ['http://127.0.0.1', 'loopback'],
  ['http://127.9.9.9', 'loopback'],
  // The URL parser itself reads these as 127.0.0.1.
  ['http://2130706433', 'loopback'],
  ['http://0x7f.1', 'loopback'],
  ['http://[::1]:8000', 'loopback'],
  ['http://10.1.2.3', 'lan'],
  ['http://172.16.0.1', 'lan'],
  ['http://172.32.0.1', 'remote'],
  ['http://192.168.1.5', 'lan'],
  ['http://169.254.1.1', 'lan'],
  ['http://100.64.0.1', 'lan'],
  ['http://100.127.255.254', 'lan'],
  ['http://100.128.0.1', 'remote'],
  ['http://[fd00::1]', 'lan'],
  ['http://[fe80::1]', 'lan'],
  ['http://[2001:db8::1]', 'remote'],
  ['http://0.0.0.0', 'remote'],
  ['http://127.0.0.1.example.com', 'remote'],
  ['http://localhost.example.com', 'remote'],
  ['http://notlocalhost', 'remote'],
  ['http://10.example.com', 'remote'],
  ['https://api.example.com', 'remote'],
];

it.each(LOCALITIES)('%s is %s', (url, locality) => {
  expect(localityOf(new URL(url))).toBe(locality);
});

it.each([
  ['127.0.0.1', true, true],
  ['::1', true, true],
  ['::ffff:127.0.0.1', true, true],
  ['::FFFF:10.0.0.1', false, true],
  ['192.168.0.1', false, true],
  ['93.184.216.34', false, false],
  ['::ffff:93.184.216.34', false, false],
  ['2606:2800::1', false, false],
])('a lookup that gives %s: loopback %s, local %s', (address, isLoopback, isLocal) => {
  expect(isLoopbackAddress(address)).toBe(isLoopback);
  expect(isLocalAddress(address)).toBe(isLocal);
});
