/** Runs one job at a time; all who ask while it runs share its promise. The next to ask after it ended starts a new one. */
export class SingleFlight<T> {
  #running: Promise<T> | undefined;
  readonly #job: () => Promise<T>;

  constructor(job: () => Promise<T>) {
    this.#job = job;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  run(): Promise<T> {
    this.#running ??= this.#job().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
