import { isEmbeddedInstalled } from '../embedded.mjs';

const OLLAMA = process.env.OLLAMA_HOST ?? '127.0.0.1:11434';
const PROBE_LIMIT_MS = 1_000;

/** What there is to answer, in one line. Which of it does is the extension's own choice, by its defaults. */
export async function describeEngines(): Promise<string> {
  const models = await fillInTheMiddleModels();
  if (models.length > 0) return `engine: the Ollama at ${OLLAMA}, with ${models.join(', ')}`;
  if (isEmbeddedInstalled())
    return 'engine: the embedded one with its tiny model, as no Ollama with a fitting model answers';
  return `engine: none. Start an Ollama, and pull a coding model: ollama pull qwen2.5-coder:1.5b`;
}

async function fillInTheMiddleModels(): Promise<string[]> {
  const { models = [] } = await askOllama<{ models?: { name: string }[] }>('tags');
  const shown = await Promise.all(
    models.map(async ({ name: model }) => {
      const { capabilities = [] } = await askOllama<{ capabilities?: string[] }>('show', { model });
      return { model, canFill: capabilities.includes('insert') };
    }),
  );
  return shown.filter(({ canFill }) => canFill).map(({ model }) => model);
}

/** Nothing of what was wanted where there is no Ollama, or something else listens on its port. */
async function askOllama<T extends object>(path: string, body?: object): Promise<Partial<T>> {
  try {
    const response = await fetch(`http://${OLLAMA}/api/${path}`, {
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  } catch {
    return {};
  }
}
