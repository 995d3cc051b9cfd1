export interface User {
  id: number;
  name: string;
  age: number;
}

/** Sorts the users by age, youngest first. */
export function sortByAge(users: User[]): User[] {
  return [...users].sort((a, b) => a.age - b.age);
}

/** Returns the users who are at least 18 years old. */
export function adults(users: User[]): User[] {
  return users.filter(user => user.age >= 18);
}
