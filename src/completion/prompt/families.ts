import type { FimMarkers } from '../../backends/backend.ts';

/**
 * How the models of one family were trained to fill in the middle. The strings are the tokens themselves: a look-alike
 * (an ASCII bar for U+FF5C, a space for U+2581) is ordinary text to the model, which then answers to nonsense.
 */
export interface FimFamily {
  readonly id: string;
  /** Where the format is written down. */
  readonly source: string;
  readonly order: 'prefixFirst' | 'suffixFirst';
  /** Placed directly before the prefix, the suffix and the middle; spaces in them belong to the format. */
  readonly markers: { readonly prefix: string; readonly suffix: string; readonly middle: string };
  readonly context: ContextFormat;
  /** Tokens that end an answer besides the markers. None of them is something that code contains. */
  readonly stops: readonly string[];
  /** What the model's metadata calls its architecture, where that tells the family from others with the same markers. */
  readonly architectures: readonly string[];
  /** Names at the start of which the model's own name (general.basename, repository) is one of this family. */
  readonly names: readonly RegExp[];
}

/**
 * How other files stand before the current one. `comments`: the family has no format for it, so they come as comments at
 * the head of the prefix. `blocks`: `outside` is what stands before all markers, `inside` what opens the prefix.
 */
export type ContextFormat =
  | { readonly kind: 'comments' }
  | {
      readonly kind: 'blocks';
      /** Where the other files stand. */
      readonly place: 'outside' | 'inside';
      readonly repository: (name: string) => string;
      readonly file: (path: string, text: string) => string;
      /** Introduces the current file, in the two places. */
      readonly current: (path: string) => { readonly outside: string; readonly inside: string };
      /** The format names the current file even where there is no other. */
      readonly namesLoneFile: boolean;
    };

const COMMENTS: ContextFormat = { kind: 'comments' };

const QWEN_REPOSITORY: ContextFormat = {
  kind: 'blocks',
  place: 'outside',
  repository: name => `<|repo_name|>${name}\n`,
  file: (path, text) => `<|file_sep|>${path}\n${text}\n`,
  current: path => ({ outside: `<|file_sep|>${path}\n`, inside: '' }),
  namesLoneFile: false,
};

const QWEN_STOPS = [
  '<|endoftext|>',
  '<|fim_pad|>',
  '<|repo_name|>',
  '<|file_sep|>',
  '<|im_start|>',
  '<|im_end|>',
] as const;

const PIPED = { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' } as const;
const PLAIN = { prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' } as const;

/** Order matters where two rows could match: the more particular one stands first. */
export const FAMILIES: readonly FimFamily[] = [
  {
    id: 'qwen2.5-coder',
    source: 'https://github.com/QwenLM/Qwen2.5-Coder#3-file-level-code-completion-fill-in-the-middle',
    order: 'prefixFirst',
    markers: PIPED,
    context: QWEN_REPOSITORY,
    stops: QWEN_STOPS,
    architectures: ['qwen2'],
    names: [/^qwen-?2\.5-coder\b/, /^minnow-tiny\b/],
  },
  {
    id: 'qwen3-coder',
    source: 'https://github.com/QwenLM/Qwen3-Coder#fill-in-the-middle-with-qwen3-coder',
    order: 'prefixFirst',
    markers: PIPED,
    context: QWEN_REPOSITORY,
    stops: QWEN_STOPS,
    architectures: ['qwen3', 'qwen3moe', 'qwen3next'],
    names: [/^qwen-?3-coder\b/],
  },
  {
    id: 'codeqwen1.5',
    source: 'https://huggingface.co/Qwen/CodeQwen1.5-7B',
    order: 'prefixFirst',
    markers: PLAIN,
    context: COMMENTS,
    stops: ['<|endoftext|>', '<fim_pad>', '<reponame>', '<file_sep>'],
    architectures: ['qwen2'],
    names: [/^codeqwen-?1\.5\b/, /^codeqwen\b/],
  },
  {
    id: 'mellum',
    source:
      'https://huggingface.co/JetBrains/Mellum-4b-base#fill-in-the-middle-with-additional-files-as-context-generation',
    order: 'suffixFirst',
    markers: PLAIN,
    context: {
      kind: 'blocks',
      place: 'outside',
      repository: () => '',
      file: (path, text) => `<filename>${path}\n${text}\n`,
      current: path => ({ outside: `<filename>${path}\n`, inside: '' }),
      namesLoneFile: true,
    },
    stops: ['<|endoftext|>', '<filename>', '<fim_pad>'],
    architectures: [],
    names: [/^mellum\b/],
  },
  {
    id: 'starcoder2',
    source: 'https://arxiv.org/abs/2402.19173 (section 5.1)',
    order: 'prefixFirst',
    markers: PLAIN,
    // No newline between the files, and the current path inside the prefix: the paper's own form.
    context: {
      kind: 'blocks',
      place: 'outside',
      repository: name => `<repo_name>${name}`,
      file: (path, text) => `<file_sep>${path}\n${text}`,
      current: path => ({ outside: '<file_sep>', inside: `${path}\n` }),
      namesLoneFile: false,
    },
    stops: ['<|endoftext|>', '<file_sep>', '<fim_pad>', '<repo_name>'],
    architectures: ['starcoder2'],
    names: [/^starcoder-?2\b/],
  },
  {
    id: 'granite-code',
    source: 'https://huggingface.co/ibm-granite/granite-20b-code-base-8k',
    order: 'prefixFirst',
    markers: PLAIN,
    context: COMMENTS,
    stops: ['<|endoftext|>', '<fim_pad>', '<filename>', '<reponame>'],
    architectures: [],
    names: [/^granite-(\d+b-)?code\b/],
  },
  {
    id: 'granite-4',
    source: 'https://huggingface.co/ibm-granite/granite-4.0-h-tiny',
    order: 'prefixFirst',
    markers: PIPED,
    context: COMMENTS,
    stops: ['<|end_of_text|>', '<|fim_pad|>', '<|endoftext|>'],
    architectures: ['granite', 'granitehybrid', 'granitemoe'],
    names: [/^granite-?4\b/, /^granite-4\.0\b/],
  },
  {
    id: 'starcoder',
    source: 'https://huggingface.co/bigcode/starcoder#fill-in-the-middle',
    order: 'prefixFirst',
    markers: PLAIN,
    context: COMMENTS,
    stops: ['<|endoftext|>', '<fim_pad>', '<filename>', '<reponame>'],
    architectures: ['starcoder', 'gpt_bigcode', 'stablelm'],
    names: [/^(tiny_?)?star-?coder(base|plus)?(?!-?2)\b/, /^stable-?code\b/],
  },
  {
    id: 'santacoder',
    source: 'https://huggingface.co/bigcode/santacoder#fill-in-the-middle',
    order: 'prefixFirst',
    markers: { prefix: '<fim-prefix>', suffix: '<fim-suffix>', middle: '<fim-middle>' },
    context: COMMENTS,
    stops: ['<|endoftext|>', '<fim-pad>'],
    architectures: [],
    names: [/^santacoder\b/],
  },
  {
    id: 'deepseek-coder',
    source: 'https://github.com/deepseek-ai/DeepSeek-Coder#2-code-insertion',
    order: 'prefixFirst',
    // U+FF5C FULLWIDTH VERTICAL LINE and U+2581 LOWER ONE EIGHTH BLOCK.
    markers: {
      prefix: '<\uff5cfim\u2581begin\uff5c>',
      suffix: '<\uff5cfim\u2581hole\uff5c>',
      middle: '<\uff5cfim\u2581end\uff5c>',
    },
    context: COMMENTS,
    stops: ['<\uff5cend\u2581of\u2581sentence\uff5c>', '<|EOT|>'],
    architectures: ['deepseek', 'deepseek2'],
    names: [/^deepseek-coder\b/],
  },
  {
    id: 'codellama',
    source: 'https://arxiv.org/abs/2308.12950 (section 2.3)',
    order: 'prefixFirst',
    markers: { prefix: '<PRE> ', suffix: ' <SUF>', middle: ' <MID>' },
    context: COMMENTS,
    stops: ['<EOT>', '</s>'],
    architectures: [],
    names: [/^code-?llama\b/],
  },
  {
    id: 'codestral',
    source: 'https://github.com/mistralai/mistral-common (InstructTokenizerV2.encode_fim)',
    order: 'suffixFirst',
    // There is no token for the middle: the answer continues the prefix.
    markers: { prefix: '[PREFIX]', suffix: '[SUFFIX]', middle: '' },
    context: {
      kind: 'blocks',
      place: 'inside',
      repository: () => '',
      file: (path, text) => `+++++ ${path}\n${text}\n`,
      current: path => ({ outside: '', inside: `+++++ ${path}\n` }),
      namesLoneFile: false,
    },
    stops: ['[PREFIX]', '[SUFFIX]', '\n+++++ ', '</s>'],
    architectures: [],
    names: [/^codestral\b/],
  },
  {
    id: 'codegemma',
    source: 'https://ai.google.dev/gemma/docs/codegemma/prompt-structure',
    order: 'prefixFirst',
    markers: PIPED,
    context: {
      kind: 'blocks',
      place: 'outside',
      repository: () => '',
      file: (_path, text) => `${text}<|file_separator|>`,
      current: () => ({ outside: '', inside: '' }),
      namesLoneFile: false,
    },
    stops: ['<|file_separator|>', '<end_of_turn>', '<eos>'],
    architectures: ['gemma'],
    names: [/^codegemma\b/],
  },
  {
    id: 'seed-coder',
    source: 'https://arxiv.org/abs/2506.03524 (section 3.2)',
    order: 'suffixFirst',
    markers: { prefix: '<[fim-prefix]>', suffix: '<[fim-suffix]>', middle: '<[fim-middle]>' },
    context: COMMENTS,
    stops: ['<[end\u2581of\u2581sentence]>'],
    architectures: [],
    names: [/^seed-coder\b/],
  },
  {
    id: 'glm',
    source: 'https://github.com/zai-org/CodeGeeX4/blob/main/guides/Infilling_guideline.md',
    order: 'suffixFirst',
    markers: { prefix: '<|code_prefix|>', suffix: '<|code_suffix|>', middle: '<|code_middle|>' },
    context: COMMENTS,
    stops: ['<|endoftext|>', '<|user|>', '<|assistant|>', '<|observation|>'],
    architectures: ['chatglm', 'glm4', 'glm4moe'],
    names: [/^codegeex-?4\b/, /^glm-?4\.\d\b/],
  },
  {
    id: 'falcon-h1-coder',
    source: 'https://huggingface.co/tiiuae/Falcon-H1-Tiny-Coder-90M',
    order: 'prefixFirst',
    markers: { prefix: '<|prefix|>', suffix: '<|suffix|>', middle: '<|middle|>' },
    context: COMMENTS,
    stops: ['<|end_of_text|>', '<|endoftext|>'],
    architectures: ['falcon-h1'],
    names: [/^falcon-h1-tiny-coder\b/],
  },
  {
    id: 'plamo-3',
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp',
    order: 'prefixFirst',
    markers: { prefix: '<|plamo:fim_prefix|>', suffix: '<|plamo:fim_suffix|>', middle: '<|plamo:fim_middle|>' },
    context: COMMENTS,
    stops: ['<|plamo:eos|>'],
    architectures: ['plamo3'],
    names: [/^plamo-?3\b/],
  },
];

/** Models whose relatives fill in the middle and who themselves do not: asked raw they would answer with nonsense. */
export const WITHOUT_FIM: readonly RegExp[] = [
  /^yi-coder\b/,
  /^code-?llama-?(34b|70b)\b/,
  /^code-?llama-?(\d+b-)?(?:\w+-)*python\b/,
  /^(mamba-codestral|codestral-mamba)\b/,
];

/** Every string that the family's models read as more than text. */
export function markersOf(family: FimFamily): readonly string[] {
  const { prefix, suffix, middle } = family.markers;
  return [prefix.trim(), suffix.trim(), middle.trim(), ...family.stops].filter(marker => marker !== '');
}

/** For a model that no row describes, whose server tells its markers: the common order, and nothing else assumed. */
export function familyOfMarkers(markers: FimMarkers): FimFamily {
  return {
    id: 'told by the server',
    source: 'the model file itself',
    order: 'prefixFirst',
    markers: { prefix: markers.prefix, suffix: markers.suffix, middle: markers.middle ?? '' },
    context: COMMENTS,
    stops: [],
    architectures: [],
    names: [],
  };
}
