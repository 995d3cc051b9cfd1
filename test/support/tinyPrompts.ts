// What the tiny model is known to say. Greedy, so every engine says the same, whatever the precision of its weights.

/** Qwen2.5-Coder's form, which the tiny model was trained on. */
export function tinyFimPrompt(textWithCursor: string): string {
  const [prefix = '', suffix = ''] = textWithCursor.split('‸');
  return `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
}

export interface KnownCompletion {
  readonly prompt: string;
  readonly text: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export const SORT_BY_AGE: KnownCompletion = {
  prompt: tinyFimPrompt(
    'interface User {\n  name: string;\n  age: number;\n}\n\nexport function sortByAge(users: User[]): User[] {\n  return ‸\n}\n',
  ),
  text: '[...users].sort((a, b) => a.age - b.age);',
  promptTokens: 44,
  outputTokens: 22,
};

/** Goes on for as long as it is let. */
export const ENDLESS_PROMPT = 'const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,';
