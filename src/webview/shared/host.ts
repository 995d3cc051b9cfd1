interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

/** The page's end of the talk with the extension. Can be had once a page, which is why it lives in a module. */
export function postToHost<FromView>(message: FromView): void {
  api.postMessage(message);
}

export function listenToHost<ToView>(handle: (message: ToView) => void): void {
  // VS Code relays the extension's messages into the frame; no other window has a handle on it.
  window.addEventListener('message', event => handle(event.data as ToView));
}

/** Survives hiding and reloading the view; for what only the view knows, such as its scroll position. */
export function viewState<T extends object>(): Partial<T> {
  return (api.getState() ?? {}) as Partial<T>;
}

export function keepViewState<T extends object>(change: Partial<T>): void {
  api.setState({ ...viewState<T>(), ...change });
}
