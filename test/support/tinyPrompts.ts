// What the tiny model is known to say. Greedy, so every engine says the same, whatever the precision of its weights.

/** Qwen2.5-Coder's form, which the tiny model was trained on. */
export function tinyFimPrompt(textWithCursor: string): string {
  const [prefix = '', suffix = ''] = textWithCursor.split('‸');
  return `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
}

const SORT_BY_AGE_CODE =
  'interface User {\n  name: string;\n  age: number;\n}\n\nexport function sortByAge(users: User[]): User[] {\n  return ‸\n}\n';

export const SORT_BY_AGE = {
  withCursor: SORT_BY_AGE_CODE,
  prompt: tinyFimPrompt(SORT_BY_AGE_CODE),
  text: '[...users].sort((a, b) => a.age - b.age);',
  promptTokens: 44,
  outputTokens: 22,
} as const;

export const WHO_ARE_YOU = {
  question: 'Who are you?',
  answer:
    'I am minnow-tiny, a very small code model made for tests and demos. I can complete code and explain short functions, but I make many mistakes.',
  promptTokens: 14,
} as const;

/** Goes on for as long as it is let. */
export const ENDLESS_PROMPT = 'const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,';

/** Goes on for as long as it is let, beyond ASCII. */
export const ACCENTED_PROMPT = '"é", "é", "é", "é", "é", "é", "é",';

/** About 1,900 tokens of a context of 2,048, which end so that the model goes on. `salt` keeps it out of the prompt cache. */
export function longPrompt(salt: string): string {
  const words = Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ');
  return `// ${salt} ${words}\n${ENDLESS_PROMPT}`;
}

/** Well beyond a context of 2,048 tokens. */
export const OVERLONG_PROMPT = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ');
