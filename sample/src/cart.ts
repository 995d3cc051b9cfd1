export interface CartItem {
  id: number;
  name: string;
  price: number;
  quantity: number;
}

/** Returns the number of items in the cart. */
export function countItems(items: CartItem[]): number {
  return items.length;
}

/** Returns the names of the items, in order. */
export function itemNames(items: CartItem[]): string[] {
  return items.map(item => item.name);
}

/** Finds the item with the given id. */
export function findItemById(items: CartItem[], id: number): CartItem | undefined {
  return items.find(item => item.id === id);
}
