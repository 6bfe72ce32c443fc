// Unpacks the texts of the page: the inverse of packed_text in util/report/packing.py.
"use strict";
window.Report = (() => {
  const MOST = 4; // workers

  const bytesOf = (text, size) => {
    const joined = [0, 13, 60]; // FORBIDDEN in packing.py
    const bytes = new Uint8Array(size);
    let place = 0, bits = 0, held = 0;
    const put = (group) => {
      held = (held << 7) | group;
      bits += 7;
      if (bits < 8) return;
      bits -= 8;
      bytes[place++] = held >> bits; // beyond the size, where only padding is left, this does nothing
      held &= (1 << bits) - 1;
    };
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 128) put(code);
      else {
        put(joined[(code - 128) >> 7]);
        put(code & 127);
      }
    }
    return bytes;
  };

  const inflated = (bytes) =>
    new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();

  const parts = (element) => [element.textContent, Number(element.dataset.size)];

  const unpackedText = (element) => inflated(bytesOf(...parts(element)));

  // Functions like unpackedText, each with a processor of its own. Where the browser allows no workers, or one fails, the
  // work is done here.
  let pool = null;
  const unpackers = () => {
    if (pool) return pool;
    const code = `const bytesOf = ${bytesOf}; const inflated = ${inflated};
      onmessage = async ({ data: [id, text, size] }) => {
        try { postMessage([id, await inflated(bytesOf(text, size))]); } catch { postMessage([id, null]); }
      };`;
    const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const unpacker = () => {
      let worker;
      try {
        worker = new Worker(address);
      } catch {
        return unpackedText;
      }
      let number = 0, broken = false;
      const waiting = new Map();
      const answered = (id, text) => { waiting.get(id)?.(text); waiting.delete(id); };
      worker.onmessage = ({ data: [id, text] }) => answered(id, text);
      worker.onerror = (event) => {
        event.preventDefault();
        broken = true;
        for (const id of [...waiting.keys()]) answered(id, null);
      };
      return async (element) => {
        if (broken) return unpackedText(element);
        const id = number++;
        const text = await new Promise((done) => {
          waiting.set(id, done);
          worker.postMessage([id, ...parts(element)]);
        });
        return text ?? unpackedText(element);
      };
    };
    pool = Array.from({ length: Math.min(MOST, navigator.hardwareConcurrency || 1) }, unpacker);
    return pool;
  };

  return { unpackedText, unpackers };
})();
