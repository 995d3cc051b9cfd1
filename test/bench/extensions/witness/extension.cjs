// Stands beside the extension under measurement in the same extension host: reads the document's text, sets the cursor,
// and tells what the host's event loop and memory are like. Asked over loopback, at the port that BENCH_WITNESS_PORT names.
const { createServer } = require('node:http');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const vscode = require('vscode');

const ANSWERS = {
  '/text': () => vscode.window.activeTextEditor?.document.getText() ?? null,
  '/load': () => ({
    eventLoopDelayMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, max: loop.max / 1e6 },
    cpuSeconds: (({ user, system }) => (user + system) / 1e6)(process.cpuUsage(cpuAtReset)),
    ...memory(),
  }),
  '/reset': () => {
    loop.reset();
    cpuAtReset = process.cpuUsage();
    return null;
  },
  '/cursor': ({ offset }) => {
    const editor = vscode.window.activeTextEditor;
    const position = editor.document.positionAt(offset);
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenter);
    return null;
  },
  '/erase': async ({ chars }) => {
    const editor = vscode.window.activeTextEditor;
    const { document, selection } = editor;
    const start = document.positionAt(document.offsetAt(selection.active) - chars);
    await editor.edit(edit => edit.delete(new vscode.Range(start, selection.active)));
    return document.offsetAt(editor.selection.active);
  },
  '/activated': () =>
    Object.fromEntries(
      vscode.extensions.all.filter(one => !one.packageJSON.isBuiltin).map(one => [one.id, one.isActive]),
    ),
};

const loop = monitorEventLoopDelay({ resolution: 1 });
let cpuAtReset = process.cpuUsage();

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMb: rss / 2 ** 20, heapUsedMb: heapUsed / 2 ** 20 };
}

exports.activate = context => {
  loop.enable();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://witness');
    const parameters = Object.fromEntries([...url.searchParams].map(([name, value]) => [name, Number(value)]));
    try {
      response.end(JSON.stringify((await ANSWERS[url.pathname](parameters)) ?? null));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(Number(process.env.BENCH_WITNESS_PORT), '127.0.0.1');
  context.subscriptions.push({ dispose: () => server.close() });
};
