// Runs in the workbench's page: notes each key, and each change of ghost text at the time it is on screen, which is the first
// task after the frame that follows the change. The first line is drawn in the text, further lines in a zone below it.
(() => {
  const nowMs = () => performance.timeOrigin + performance.now();
  const watch = { keys: [], painted: [] };
  const readGhost = () => {
    const inline = [...document.querySelectorAll('.ghost-text-decoration:not(.ghost-text-decoration-preview)')];
    const below = [...document.querySelectorAll('.suggest-preview-text')].flatMap(zone => [
      ...(zone.querySelectorAll('.view-line').length > 0 ? zone.querySelectorAll('.view-line') : zone.children),
    ]);
    if (inline.length === 0 && below.length === 0) return undefined;
    const lines = [inline.map(part => part.textContent ?? '').join(''), ...below.map(line => line.textContent ?? '')];
    return lines.join('\n').replaceAll('\u00a0', ' ').replaceAll('\u200b', '');
  };
  const note = () => {
    const text = readGhost();
    if (text === watch.painted.at(-1)?.text) return;
    watch.painted.push({ atMs: nowMs(), text });
  };
  let frameAsked = false;
  new MutationObserver(() => {
    if (frameAsked) return;
    frameAsked = true;
    requestAnimationFrame(() => {
      frameAsked = false;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = note;
      port2.postMessage(0);
    });
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  addEventListener('keydown', event => watch.keys.push(performance.timeOrigin + event.timeStamp), true);
  Object.assign(globalThis, { benchWatch: watch });
})();
