/**
 * A map from strings that can be asked for every key that some string begins with. Holds at most `maxEntries`; the one
 * that was set or found longest ago goes first. Keys share their common beginnings, so that a hundred versions of one text
 * cost little more than one.
 */
export class LruTrie<V> {
  readonly #root: Node<V> = { edge: '', parent: undefined, children: new Map(), entry: undefined };
  /** In the order of use, oldest first. */
  readonly #used = new Set<Node<V>>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#used.size;
  }

  set(key: string, value: V): void {
    const node = this.#nodeFor(key);
    node.entry = { value };
    this.#touch(node);
    if (this.#used.size > this.#maxEntries) this.#removeOldest();
  }

  get(key: string): V | undefined {
    return this.prefixesOf(key).find(found => found.keyLength === key.length)?.value;
  }

  /** What is held under beginnings of `key`, the whole of it included; the longest first. */
  prefixesOf(key: string): { readonly keyLength: number; readonly value: V }[] {
    const found: { keyLength: number; value: V }[] = [];
    let node: Node<V> | undefined = this.#root;
    let at = 0;
    while (node) {
      if (node.entry) {
        found.unshift({ keyLength: at, value: node.entry.value });
        this.#touch(node);
      }
      const next: Node<V> | undefined = node.children.get(key[at] ?? '');
      node = next && key.startsWith(next.edge, at) ? next : undefined;
      at += node?.edge.length ?? 0;
    }
    return found;
  }

  clear(): void {
    this.#root.children.clear();
    this.#root.entry = undefined;
    this.#used.clear();
  }

  #nodeFor(key: string): Node<V> {
    let node = this.#root;
    let at = 0;
    while (at < key.length) {
      const next = node.children.get(key[at] as string);
      if (!next) return addChild(node, key.slice(at));
      const shared = sharedLength(next.edge, key, at);
      node = shared === next.edge.length ? next : split(next, shared);
      at += shared;
    }
    return node;
  }

  #touch(node: Node<V>): void {
    this.#used.delete(node);
    this.#used.add(node);
  }

  #removeOldest(): void {
    const [oldest] = this.#used;
    if (!oldest) return;
    this.#used.delete(oldest);
    oldest.entry = undefined;
    let node: Node<V> | undefined = oldest;
    while (node?.parent && !node.entry && node.children.size === 0) {
      node.parent.children.delete(node.edge[0] as string);
      node = node.parent;
    }
    if (node?.parent && !node.entry && node.children.size === 1) joinWithOnlyChild(node);
  }
}

interface Node<V> {
  edge: string;
  parent: Node<V> | undefined;
  /** By the first character of their edges. */
  readonly children: Map<string, Node<V>>;
  entry: { readonly value: V } | undefined;
}

function addChild<V>(parent: Node<V>, edge: string): Node<V> {
  const node: Node<V> = { edge, parent, children: new Map(), entry: undefined };
  parent.children.set(edge[0] as string, node);
  return node;
}

/** Puts a node in the middle of the edge that leads to `node`. */
function split<V>(node: Node<V>, at: number): Node<V> {
  const parent = node.parent as Node<V>;
  const middle = addChild(parent, node.edge.slice(0, at));
  node.edge = node.edge.slice(at);
  node.parent = middle;
  middle.children.set(node.edge[0] as string, node);
  return middle;
}

function joinWithOnlyChild<V>(node: Node<V>): void {
  const [child] = node.children.values();
  const parent = node.parent as Node<V>;
  if (!child) return;
  child.edge = node.edge + child.edge;
  child.parent = parent;
  parent.children.set(child.edge[0] as string, child);
}

function sharedLength(edge: string, key: string, at: number): number {
  let length = 0;
  while (length < edge.length && edge[length] === key[at + length]) length++;
  return length;
}
